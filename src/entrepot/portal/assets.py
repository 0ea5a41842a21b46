"""The files that pages need: style, scripts, icon. All are shipped; none comes from elsewhere."""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import msgspec

_FOLDER: Final = resources.files("entrepot.portal") / "static"
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "style.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "portal.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Asset(msgspec.Struct, frozen=True):
    """A shipped file, as it is and compressed; its address holds a digest of it."""

    name: str
    media_type: str
    content: bytes
    compressed: bytes
    address: str


@cache
def load_assets() -> Mapping[str, Asset]:
    """Read every asset, by name; once, for they are shipped and stay as they are."""
    assets = {}
    for name, media_type in _MEDIA_TYPES.items():
        content = (_FOLDER / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        compressed = gzip.compress(content, mtime=0)
        assets[name] = Asset(name, media_type, content, compressed, f"/assets/{name}?v={digest}")
    return assets
