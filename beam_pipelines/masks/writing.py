"""The masks of one picture, read again at the moment its record is written."""

from collections.abc import Sequence

from beam_pipelines.failures import DatasetError
from beam_pipelines.masks import values
from beam_pipelines.masks.locating import (
    CLASS_MAP,
    NUMBERED,
    MaskFolders,
    content_digest,
    digest_of,
    files_of,
    join,
    number_of,
    read_if_there,
)
from beam_pipelines.records import Box


def read_masks(folders: MaskFolders, image: str, boxes: Sequence[Box], digest: str) -> tuple[list[bytes], bytes | None]:
    """Returns the masks of a picture as PNGs of one channel of 8 bits.

    Args:
        folders: where masks are.
        image: the picture's path below the images' root.
        boxes: with the `mask` that `checking.check_masks` gave their objects.
        digest: of `checking.MaskCheck`, for these boxes.

    Returns:
        For each box its mask, of 0 and 1, none if no box of the job has one; and the class map with the values of
        its file, None without one.

    Raises:
        DatasetError: if the files are not those that were checked.
    """
    references = [box[-1] for box in boxes] if folders.objects is not None else []
    places = _places(folders, image, references)
    files = {file: _read(paths) for file, paths in places.items()}
    if digest_of({file: content_digest(data) for file, data in files.items()}, references) != digest:
        raise DatasetError(
            f"{_changed(image, places)} was changed while the job ran: run it again when nobody writes there"
        )
    numbers = values.read_numbers(files[NUMBERED]) if NUMBERED in files else None
    encoded: dict[str, bytes] = {}
    for reference in references:
        if reference not in encoded:
            number = number_of(reference)
            if number is None or numbers is None:
                shape = values.read_shape(files[reference])
            else:
                shape = values.shape_of(numbers, number)
            encoded[reference] = values.encode(shape)
    class_map = values.encode(values.read_numbers(files[CLASS_MAP])) if CLASS_MAP in files else None
    return [encoded[reference] for reference in references], class_map


def _places(folders: MaskFolders, image: str, references: list[str]) -> dict[str, list[str]]:
    """Returns for each file that is needed, by its name in `locating.digest_of`, where it may be."""
    places = {}
    if folders.class_maps is not None:
        places[CLASS_MAP] = [join(folders.class_maps, name) for name in files_of(image)]
    if folders.objects is not None:
        for reference in references:
            if number_of(reference) is None:
                places[reference] = [join(folders.objects, reference)]
            else:
                places[NUMBERED] = [join(folders.objects, name) for name in files_of(image)]
    return places


def _read(paths: list[str]) -> bytes:
    """Returns the content of the first file that is there.

    Raises:
        DatasetError: if none is.
    """
    for path in paths:
        data = read_if_there(path)
        if data is not None:
            return data
    raise DatasetError(f"{_either(paths)} was there when the job began and is gone now: run the job again")


def _changed(image: str, places: dict[str, list[str]]) -> str:
    if len(places) == 1:
        return _either(next(iter(places.values())))
    return f"one of the {len(places)} files of masks of '{image}'"


def _either(paths: list[str]) -> str:
    return " or ".join(f"'{path}'" for path in paths)
