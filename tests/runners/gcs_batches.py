"""Copies inside batches for gcp-storage-emulator, which knows them one by one only: Beam renames files in batches."""

from typing import Any

from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.handlers import objects
from gcp_storage_emulator.server import HANDLERS

_BATCH = next(handlers for _, handlers in HANDLERS if objects.batch in handlers.values())
_answer_batch = objects.batch


def take_copies() -> None:
    """Lets the emulator carry out the copies of a batch."""
    for method in _BATCH:
        _BATCH[method] = _copy_and_answer


def _copy_and_answer(request: Any, response: Any, storage: Any, *more: Any) -> None:
    request.data[:] = [_copied(item, request.base_url, storage) for item in request.data]
    _answer_batch(request, response, storage, *more)


def _copied(item: dict[str, Any], base_url: str, storage: Any) -> dict[str, Any]:
    """Copies, if an item says so. Returns one that is answered with the copy, as if it were changed in nothing."""
    source, copies, place = item.get("object_id", "").partition("/copyTo/b/")
    if item.get("method") != "POST" or not copies:
        return item
    bucket, _, name = place.partition("/o/")
    try:
        data = storage.get_file(item["bucket_name"], source)
        old = storage.get_file_obj(item["bucket_name"], source)
    except NotFound:
        return item
    new = objects._make_object_resource(base_url, bucket, name, old["contentType"], old["size"], old)
    storage.create_file(bucket, name, data, objects._checksums(data, new))
    return {"method": "PATCH", "bucket_name": bucket, "object_id": name}
