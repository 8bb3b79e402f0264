"""Listings for gcp-storage-emulator as GCS gives them: in order, from a name on, a thousand a page.

The emulator itself tells all names at once, in the order in which they came.
"""

from typing import Any

from gcp_storage_emulator.handlers import objects
from gcp_storage_emulator.server import HANDLERS

_PAGE = 1000
_LISTING = next(handlers for _, handlers in HANDLERS if objects.ls in handlers.values())
_list_all = objects.ls


def list_in_pages() -> None:
    """Lets the emulator answer so."""
    for method, handler in _LISTING.items():
        if handler is _list_all:
            _LISTING[method] = _list_page


def _list_page(request: Any, response: Any, storage: Any, *more: Any) -> None:
    answer: dict[str, Any] = {}
    send, response.json = response.json, answer.update
    _list_all(request, response, storage, *more)
    if not answer:  # there is no such bucket
        return
    first = _asked(request, "startOffset")
    after = _asked(request, "pageToken")
    most = min(_PAGE, int(_asked(request, "maxResults") or _PAGE))
    found = sorted((item for item in answer["items"] if item["name"] >= first), key=lambda item: item["name"])
    rest = [item for item in found if item["name"] > after]
    token = {"nextPageToken": rest[most - 1]["name"]} if len(rest) > most else {}
    send(answer | {"items": rest[:most]} | token)


def _asked(request: Any, name: str) -> str:
    return str(request.query.get(name, [""])[0])
