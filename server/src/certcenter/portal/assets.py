"""Style sheets, pictures and the page's script: a closed list, read once, named by their content.

No `collectstatic` is needed to run: `/static/<name>?v=<hash>` keeps for a year, anything else is revalidated.
A proxy may serve the same files from STATIC_ROOT.
"""

import gzip
import hashlib
import json
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

COMPRESSIBLE = ("text/", "application/json", "image/svg")
BUILD = "portal/build/"
MANIFEST = f"{BUILD}manifest.json"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; `packed` is its gzip form where that is smaller."""

    body: bytes
    packed: bytes | None
    type: str
    version: str


@cache
def catalogue() -> dict[str, Path]:
    """Every static file of the installed rooms: name → path. What is not listed does not exist."""
    found: dict[str, Path] = {}
    for finder in get_finders():
        for name, storage in finder.list([]):
            found.setdefault(name.replace("\\", "/"), Path(storage.path(name)))
    return found


@cache
def asset(name: str) -> Asset:
    """The file of that name. Raises KeyError when it is not in the catalogue."""
    path = catalogue()[name]
    body = path.read_bytes()
    kind = "text/javascript" if path.suffix in {".js", ".mjs"} else mimetypes.guess_type(path.name)[0]
    kind = kind or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if kind.startswith(COMPRESSIBLE) else None
    return Asset(
        body=body,
        packed=packed if packed is not None and len(packed) < len(body) else None,
        type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        version=hashlib.sha256(body).hexdigest()[:16],
    )


def url(name: str) -> str:
    """The address of a static file with its version. Raises KeyError when there is none."""
    return f"{settings.STATIC_URL}{name}?v={asset(name).version}"


def _manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asset(MANIFEST).body)
    return found


def styles(page: str) -> tuple[str, ...]:
    """The style sheets of `src/pages/<page>.ts`."""
    base = f"{settings.STATIC_URL}{BUILD}"
    return tuple(base + sheet for sheet in _manifest()[f"src/pages/{page}.ts"].get("css", []))


@cache
def entry(page: str) -> tuple[str, tuple[str, ...]]:
    """The script of `src/pages/<page>.ts` as Vite built it, and the chunks that it imports at once.

    Raises KeyError when the script was not built (`make page`).
    """
    manifest = _manifest()
    record = manifest[f"src/pages/{page}.ts"]
    seen: list[str] = []
    waiting = list(record.get("imports", []))
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.append(name)
            waiting.extend(manifest[name].get("imports", []))
    base = f"{settings.STATIC_URL}{BUILD}"
    return base + record["file"], tuple(base + manifest[name]["file"] for name in seen)
