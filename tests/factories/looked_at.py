"""What is wrong with a page's HTML: every page that a test gets is looked at, whatever it is for.

Validity is that of the HTML standard's parser: an error of it is an error here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from justhtml import JustHTML
from justhtml.dom import Element, Node

WEIGHT_MAX: Final = 48 * 1024
"""Bytes of a page's HTML, before it is compressed."""
HEADERS: Final = (
    "content-security-policy",
    "cross-origin-opener-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-request-id",
)
_ADDRESSES: Final = frozenset(
    {"href", "src", "action", "formaction", "srcset", "poster", "data", "hx-get", "hx-post"}
)
_REFERENCES: Final = frozenset({"for", "aria-describedby", "aria-labelledby", "aria-controls"})
_FIELDS: Final = frozenset({"input", "select", "textarea"})
_UNLABELLED: Final = frozenset({"hidden", "submit", "button"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def read_html(content: bytes) -> JustHTML:
    """A page as the HTML standard reads it, with everything that was wrong with it."""
    return JustHTML(content.decode("utf-8"), sanitize=False, collect_errors=True)


def elements_of(node: Node) -> Iterator[Element]:
    """All elements below a node, in the page's order."""
    # A generator for each level would hand every element up through all of those above it.
    coming = list(reversed(node.children or ()))
    while coming:
        child = coming.pop()
        if isinstance(child, Element):
            yield child
        if isinstance(child, Node):
            coming.extend(reversed(child.children or ()))


def value_of(element: Element, name: str) -> str:
    """An attribute's value; empty where it is not there, or has none."""
    return element.attrs.get(name) or ""


def wrong_with(content: bytes, document: JustHTML, headers: Mapping[str, str]) -> list[str]:
    """Everything that no page may have, each as a sentence; an empty list for a good page."""
    elements = list(elements_of(document.root))
    wrong = [f"not valid at line {error.line}: {error.message}" for error in document.errors]
    wrong += [f"there is no header {name}" for name in HEADERS if name not in headers]
    if len(content) > WEIGHT_MAX:
        wrong.append(f"it weighs {len(content)} bytes")
    wrong += [fault for element in elements for fault in _wrong_alone(element)]
    wrong += _wrong_with_ids(elements)
    wrong += _wrong_with_headings(elements)
    wrong += _unlabelled(elements)
    return wrong


def _wrong_alone(element: Element) -> Iterator[str]:
    """What is wrong with an element, whatever stands around it."""
    for name in element.attrs:
        value = value_of(element, name)
        if name == "style" or name.startswith(("on", "hx-on")):
            yield f"<{element.name}> has the attribute {name}"
        if name in _ADDRESSES and (":" in value.partition("/")[0] or value.startswith("//")):
            yield f"<{element.name}> leads away: {value}"
    if element.name == "style" or (element.name == "script" and not value_of(element, "src")):
        yield f"<{element.name}> stands in the page"
    if element.name == "html" and not value_of(element, "lang"):
        yield "nothing says which language it is in"
    if element.name == "table" and not any(each.name == "caption" for each in elements_of(element)):
        yield "a table has no caption"
    if element.name == "th" and not value_of(element, "scope"):
        yield f"a <th> has no scope: {element.to_text()}"
    if element.name in {"a", "button", "summary"} and not _name_of(element):
        yield f"<{element.name}> says nothing: {value_of(element, 'href')}"


def _name_of(element: Element) -> str:
    """What a screen reader calls a link or a button."""
    titles = [each.to_text() for each in elements_of(element) if each.name == "title"]
    return value_of(element, "aria-label") or "".join(titles) or element.to_text().strip()


def _wrong_with_ids(elements: Iterable[Element]) -> Iterator[str]:
    """Ids that stand twice, and references to ones that do not stand at all."""
    ids = Counter(value_of(element, "id") for element in elements if "id" in element.attrs)
    for ident, times in ids.items():
        if times > 1 or not ident:
            yield f"the id {ident!r} stands {times} times"
    for element in elements:
        wanted = [each for name in _REFERENCES for each in value_of(element, name).split()]
        if value_of(element, "href").startswith("#"):
            wanted.append(value_of(element, "href")[1:])
        yield from (
            f"<{element.name}> speaks of #{each}, which is not there"
            for each in wanted
            if each not in ids
        )


def _wrong_with_headings(elements: Iterable[Element]) -> Iterator[str]:
    """One title and one first heading; below it no level is left out."""
    levels = [int(each.name[1]) for each in elements if each.name in _HEADINGS]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield f"its headings are of levels {levels}"
    for above, below in pairwise(levels):
        if below > above + 1:
            yield f"a heading of level {below} follows one of level {above}"
    titles = [each for each in elements if each.name == "head" and _title_in(each)]
    if len(titles) != 1:
        yield "it has no title"


def _title_in(head: Element) -> str:
    return "".join(each.to_text() for each in elements_of(head) if each.name == "title").strip()


def _unlabelled(elements: Iterable[Element]) -> Iterator[str]:
    """Fields that nothing gives a name."""
    labels = {value_of(each, "for") for each in elements if each.name == "label"}
    inside = {
        id(field)
        for each in elements
        if each.name == "label"
        for field in elements_of(each)
        if field.name in _FIELDS
    }
    for each in elements:
        if each.name not in _FIELDS or value_of(each, "type") in _UNLABELLED:
            continue
        named = value_of(each, "aria-label") or value_of(each, "aria-labelledby")
        if not named and value_of(each, "id") not in labels and id(each) not in inside:
            yield f"the field {value_of(each, 'name')} has no label"
