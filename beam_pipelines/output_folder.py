"""The dataset's folder: whose files lie in it, and how a new dataset takes its place.

Until all shards of the new dataset lie finished in a temporary folder, nothing that was there is touched. Then the old
manifest goes first, and the new one comes last: at no moment does a mixture look complete. Only files that a manifest
or a temporary folder of ours names are ever deleted.
"""

import json
import os
import re
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.stores.clients import CONNECTIONS, abandon_uploads
from beam_pipelines.stores.presence import exists, present, sizes_below
from beam_pipelines.stores.reaching import reach
from data_contract.manifest import MANIFEST_NAME, REPORT_NAME, RUN_NAME, ManifestError, read_manifest
from presentation.refusals import UsageError

_TEMP_START = "shardbox-temp-"
TEMP_NAME = re.compile(_TEMP_START + "[0-9a-f]{32}")
"""Of temporary folders of runs."""
_REPORT_PART = re.compile(re.escape(REPORT_NAME) + r"\.part-[0-9a-f]{32}")
"""Left by a `shardbox report` that was killed."""
_REPORT_FOLDER = REPORT_NAME.rpartition("/")[0]
UNNAMED = {MANIFEST_NAME, REPORT_NAME, RUN_NAME}
"""Files of every dataset that its manifest does not name."""
_INTENT = "finish.json"
_CLEARED = "cleared"


class Predecessor(NamedTuple):
    """What lies in the output folder and may be replaced: names in it."""

    files: tuple[str, ...] = ()
    temps: tuple[str, ...] = ()
    """Temporary folders of runs that did not end."""


def temp_folder(output: str, run_id: str) -> str:
    """Returns the temporary folder of a run: in the output folder, so that a rename moves no bytes."""
    return str(FileSystems.join(output, _TEMP_START + run_id))


def inspect_output(output: str, overwrite: bool) -> Predecessor:
    """Finds out what the output folder holds.

    Raises:
        UsageError: if there is anything, and `overwrite` is not set or some of it is not ours.
    """
    reach(output, "--output")
    if not is_remote(output) and os.path.exists(output) and not os.path.isdir(output):
        raise UsageError(f"--output '{output}' is a file: give a folder")
    absolute = output if is_remote(output) else os.path.abspath(output)
    if re.search(r"[*?\[\]]", absolute):  # Beam renames and deletes what matches a path, here and in other folders
        raise UsageError(f"--output '{absolute}' has a wildcard in it (one of * ? [ ]): give a folder without")
    present = entries(output)
    temps = tuple(sorted(name for name in present if TEMP_NAME.fullmatch(name)))
    if not present:
        return Predecessor()
    if not overwrite:
        what = "an unfinished run" if temps else "a dataset" if MANIFEST_NAME in present else "other files"
        replace = "; --overwrite replaces it" if temps or MANIFEST_NAME in present else ""
        raise UsageError(f"--output '{output}' is not empty, it holds {what}: give a new folder{replace}")
    ours = _named_by_manifest(output) if MANIFEST_NAME in present else set()
    for temp in temps:
        ours |= _named_by_intent(FileSystems.join(output, temp))
    if ours:
        ours |= {name for name in present if _REPORT_PART.fullmatch(name)}
    foreign = sorted(present - ours - set(temps))
    if foreign:
        shown = ", ".join(f"'{name}'" for name in foreign[:5]) + (", …" if len(foreign) > 5 else "")
        raise UsageError(
            f"--output '{output}' holds {len(foreign):,} {'entry' if len(foreign) == 1 else 'entries'} "
            f"that no manifest of Shardbox names ({shown}): --overwrite deletes only its own files; give another folder"
        )
    return Predecessor(tuple(sorted(ours & present)), temps)


def make_folder(path: str) -> bool:
    """Makes a folder and those above it, where there are folders. Returns False, and leaves it as it is, if it exists.

    Raises:
        UsageError: if that is not allowed or not possible.
    """
    if is_remote(path) and not FileSystems.get_filesystem(path).has_dirs():
        return True
    try:
        if FileSystems.exists(path):
            return False
        FileSystems.mkdirs(path)
    except OSError as error:
        # Beam wraps the system's own error into another.
        own = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
        raise UsageError(f"cannot write to '{path}': {own.strerror or own}") from None
    return True


def remove_folder(path: str) -> None:
    """Deletes a temporary folder of ours, whatever is left in it."""
    if is_remote(path) and not FileSystems.get_filesystem(path).has_dirs():  # there are only names that begin alike
        FileSystems.delete([f"{path}/{name}" for name in sizes_below(path)])
        abandon_uploads(path + "/")
    elif FileSystems.exists(path):
        FileSystems.delete([path])


def remove_if_empty(path: str) -> None:
    """Deletes a folder of this machine that holds nothing; elsewhere there are no empty folders."""
    if not is_remote(path):
        with suppress(OSError):
            os.rmdir(path)


def swap_began(temp: str) -> bool:
    """Returns whether the run of a temporary folder has begun to replace what was there."""
    return exists(FileSystems.join(temp, _INTENT))


def clear_for(output: str, temp: str, old: Predecessor, new_files: list[str], shards: Iterable[str] = ()) -> None:
    """Notes what the run is about to do, then deletes the predecessor's files, its manifest first.

    May be repeated after a failure; what was renamed meanwhile is not deleted.

    Args:
        output: the dataset's folder.
        temp: the run's temporary folder in it.
        old: what lay in the folder when the run began.
        new_files: names that the run will give to its files.
        shards: paths of the files that must be ready in the temporary folder.

    Raises:
        DatasetError: if one of them is gone, or another run has written to the folder meanwhile.
    """
    intent, cleared = (FileSystems.join(temp, name) for name in (_INTENT, _CLEARED))
    if exists(cleared):
        return
    # Whoever finds this folder after a crash knows by it which files are ours.
    if not exists(intent):
        shards = list(shards)
        ready = present(temp, shards)
        lost = [path for path in shards if path not in ready]
        if lost:
            raise DatasetError(_gone(lost[0], output))
        known = {*old.files, *old.temps, temp.rstrip("/").rsplit("/", 1)[-1]}
        if any(name == MANIFEST_NAME or TEMP_NAME.fullmatch(name) for name in entries(output) - known):
            raise DatasetError(f"another run has written to '{output}' meanwhile: give each run a folder of its own")
        write_text(intent + ".part", json.dumps(sorted({*old.files, *new_files, *UNNAMED})))
        FileSystems.rename([intent + ".part"], [intent])
    _delete_old(output, old.files)
    remove_if_empty(FileSystems.join(output, _REPORT_FOLDER))
    write_text(cleared, "yes")  # not empty: Beam's writer for S3 cannot write that


def _gone(path: str, output: str) -> str:
    return f"'{path}' was written and is gone: did something else clean up '{output}'?"


def _delete_old(output: str, names: Iterable[str]) -> None:
    """Deletes those files of a dataset that are there, the manifest before all others."""
    there = present(output, (str(FileSystems.join(output, name)) for name in names))
    manifest = str(FileSystems.join(output, MANIFEST_NAME))
    if manifest in there:
        FileSystems.delete([manifest])
    others = sorted(path for path in there if path != manifest)
    if others:
        FileSystems.delete(others)


def drop_temps(output: str, temp: str, old: Predecessor) -> None:
    """Deletes the run's temporary folder, and those of runs before it that did not end."""
    for name in old.temps:
        remove_folder(FileSystems.join(output, name))
    remove_folder(temp)
    abandon_uploads(FileSystems.join(output, _TEMP_START))  # of runs that left nothing else


def place_all(output: str, temp: str, names: Mapping[str, str]) -> None:
    """Gives finished files their final names, many at a time: in a store each is a copy, and a deletion.

    May be repeated after a failure.

    Args:
        output: the dataset's folder.
        temp: the run's temporary folder in it.
        names: path of each file below `temp` → its name in `output`.

    Raises:
        DatasetError: if one of them is in neither.
    """
    left = sorted(present(temp, names))
    targets = {path: str(FileSystems.join(output, name)) for path, name in names.items()}
    placed = present(output, [targets[path] for path in targets.keys() - left])
    for path in sorted(targets.keys() - left):
        if targets[path] not in placed:
            raise DatasetError(_gone(path, output))

    def place(paths: list[str]) -> None:
        FileSystems.rename(paths, [targets[path] for path in paths])

    with ThreadPoolExecutor(CONNECTIONS, "place") as pool:
        # Beam renames a list one by one on S3, in batches on Google's storage.
        list(pool.map(place, filter(None, (left[first::CONNECTIONS] for first in range(CONNECTIONS)))))


def write_text(path: str, text: str) -> None:
    """Writes a small text file."""
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        file.write(text.encode())


def part_of(path: str) -> str:
    """Returns a path for a file of this run that is to take the place of another when it is whole."""
    return f"{path}.part-{uuid.uuid4().hex}"


def place_text(output: str, name: str, text: str, temp: str) -> None:
    """Writes a small text file so that it is there either whole or not at all.

    Args:
        output: the dataset's folder.
        name: of the file in it; it may lie in a folder there.
        text: its content.
        temp: a temporary folder on the same file system.
    """
    write_text(waiting(name, temp), text)
    place_waiting(output, name, temp)


def waiting(name: str, temp: str) -> str:
    """Returns where a file lies until it is placed."""
    return str(FileSystems.join(temp, name.replace("/", "-")))


def place_waiting(output: str, name: str, temp: str) -> None:
    """Places a file that was written to where it waits; see `place_text`."""
    source, target = waiting(name, temp), FileSystems.join(output, name)
    make_folder(FileSystems.split(target)[0])
    if exists(target):
        FileSystems.delete([target])
    FileSystems.rename([source], [target])


def entries(folder: str) -> set[str]:
    """Returns the names of what lies in a folder; of the report's folder those of its own entries."""
    if is_remote(folder):
        # Some programs leave an empty object for the folder itself.
        parts = [name.split("/") for name in sizes_below(folder) if name]
        return {"/".join(part[: 2 if part[0] == _REPORT_FOLDER else 1]) for part in parts}
    names = set(os.listdir(folder)) if os.path.isdir(folder) else set()
    report = os.path.join(folder, _REPORT_FOLDER)
    if _REPORT_FOLDER in names and os.path.isdir(report) and not os.path.islink(report):
        names.remove(_REPORT_FOLDER)
        names |= {f"{_REPORT_FOLDER}/{name}" for name in os.listdir(report)}
    return names


def _named_by_manifest(output: str) -> set[str]:
    try:
        manifest = read_manifest(output, open_file=lambda path, _: FileSystems.open(path))
    except ManifestError:
        return set()
    named = {*manifest.files(), *UNNAMED}
    # A manifest may be a stranger's, and a folder would be deleted with all that is in it.
    return named if is_remote(output) else {name for name in named if not os.path.isdir(os.path.join(output, name))}


def _named_by_intent(temp: str) -> set[str]:
    if not swap_began(temp):
        return set()
    with FileSystems.open(FileSystems.join(temp, _INTENT)) as file:
        content = file.read()
    try:
        return {name for name in json.loads(content) if name in UNNAMED or not re.search(r"[/\\]", name)}
    except ValueError:  # cut off while it was written: nothing had been deleted yet
        return set()
