"""A dataset as the trainer reads it: its manifest, and nothing else, says which files there are."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import tensorflow as tf

from data_contract.manifest import Manifest, ManifestError, Split, read_manifest
from presentation.suggestions import did_you_mean
from trainer.failures import TrainingError
from trainer.remote_dataset import RemoteCopies, Tell, is_copied, open_remote

_EVALUATION_SPLITS = ("validation", "valid", "val", "eval", "test")


@dataclass(frozen=True)
class DatasetFolder:
    """A finished dataset.

    Args:
        path: local, or of a store.
        manifest: what is in it.
        sha256: of the manifest's file, which holds the checksums of all others.
        tell: takes lines for a person when files are copied from a store that TensorFlow does not read.
    """

    path: str
    manifest: Manifest
    sha256: str
    tell: Tell

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in the order of their ids; the network's class k is the k-th of them, from 0."""
        return tuple(sorted(self.manifest.classes, key=lambda name: self.manifest.classes[name]))

    @property
    def class_ids(self) -> tuple[int, ...]:
        """Ids of `class_names` in the label map, ascending; there may be gaps."""
        return tuple(sorted(self.manifest.classes.values()))

    def split(self, name: str) -> Split:
        """Returns a split that has pictures.

        Raises:
            TrainingError: there is none of that name, or nothing in it.
        """
        splits = self.manifest.splits
        if name not in splits:
            raise TrainingError(
                f"{self.path} has no split '{name}': it has {', '.join(splits)}{did_you_mean(name, splits)}"
            )
        if not splits[name].images:
            raise TrainingError(f"split '{name}' of {self.path} has no pictures: build the dataset with others in it")
        return splits[name]

    def shard_paths(self, name: str) -> list[str]:
        """Returns the record files of a split, in the manifest's order; empty ones are left out.

        Of a store that TensorFlow does not read, they are copied first, if they are not yet, and these are the copies.

        Raises:
            TrainingError: as `split`, or a file cannot be copied.
        """
        shards = [shard for shard in self.split(name).shards if shard.examples]
        if is_copied(self.path):
            return RemoteCopies(self.path, self.sha256, self.tell).local(shards)
        return [os.path.join(self.path, shard.name) for shard in shards]

    def evaluation_split(self, wanted: str) -> str:
        """Returns the name of the split to evaluate on.

        Args:
            wanted: its name, or 'auto' for the first of validation, valid, val, eval and test that has pictures.

        Raises:
            TrainingError: there is none.
        """
        if wanted != "auto":
            self.split(wanted)
            return wanted
        found = [name for name in _EVALUATION_SPLITS if self._images(name)]
        if not found:
            raise TrainingError(
                f"{self.path} has no split to evaluate on (it has {_listed(list(self.manifest.splits))}): "
                "build it with --splits train=0.8,validation=0.2, or name one: evaluation.split"
            )
        return found[0]

    def _images(self, name: str) -> int:
        return self.manifest.splits[name].images if name in self.manifest.splits else 0


def open_dataset(path: str, tell: Tell = lambda line: None) -> DatasetFolder:
    """Opens the folder of a finished dataset.

    Args:
        path: local, or of a store: gs://, and through fsspec s3:// and others.
        tell: takes a line for a person when a file is copied from a store that TensorFlow does not read.

    Raises:
        TrainingError: there is no manifest, or one that this version does not read.
    """
    read: list[bytes] = []

    def open_file(path: str, mode: str) -> BytesIO:
        with open_remote(path, mode) if is_copied(path) else tf.io.gfile.GFile(path, mode) as file:
            read.append(file.read())
        return BytesIO(read[-1])

    try:
        manifest = read_manifest(path, open_file)
    except ManifestError as error:
        # Why a store cannot be read at all is the better story.
        raise error.__cause__ if isinstance(error.__cause__, TrainingError) else TrainingError(str(error)) from None
    return DatasetFolder(path, manifest, hashlib.sha256(read[-1]).hexdigest(), tell)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
