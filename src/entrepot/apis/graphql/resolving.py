"""What resolvers are: functions of a row and of what is asked of it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import GraphQLResolveInfo

Info: TypeAlias = GraphQLResolveInfo[Any]
"""What is asked: the field, its place in the document, and the request that it belongs to."""
Resolver: TypeAlias = Callable[..., Any]
Resolvers: TypeAlias = Mapping[str, Resolver]
"""The resolvers of a type, by its fields."""
