"""A network to try Entrepot on, made through the same actions as a real one.

It is the same every time but for ids and secrets; its history ends yesterday. Making it again
changes nothing.
"""

from entrepot.cli.demo.command import demo
from entrepot.cli.demo.keeping import DemoNetwork, keep_address, read_demo
from entrepot.cli.demo.making import is_place_for_demo, make_demo
from entrepot.cli.demo.showing import show_demo
from entrepot.cli.progress import showing_progress

__all__ = [
    "DemoNetwork",
    "demo",
    "is_place_for_demo",
    "keep_address",
    "make_demo",
    "read_demo",
    "show_demo",
    "showing_progress",
]
