"""Ranges of the names in a store, which several workers list side by side.

A store tells a thousand names a request, each page after the one before: a hundred million names of one folder would
take one worker hours. But names come in order, and a listing may begin after any name. So a few requests find the
letters in which names go on, prefix by prefix, until there are ranges enough. Where the borders lie decides only how
evenly the work is dealt out: ranges together hold every name once, wherever they are.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from apache_beam.io.filesystems import FileSystems

from beam_pipelines.stores.clients import KINDS, ListPage, bucket_and_name, client_of

ENOUGH = 256
"""Ranges. A level more of letters is looked at as long as there are fewer."""
_MOST_LETTERS = 64
"""That are told apart after one prefix; all later ones share a range."""
_AT_ONCE = 16
"""Requests under way while borders are looked for."""
_SURROGATES = range(0xD800, 0xE000)
"""Codes that are no letters."""


class NameRange(NamedTuple):
    """The names of a bucket with `after` < name ≤ `upto`, in the order of their code points; '' for no border."""

    after: str = ""
    upto: str = ""


def find_ranges(prefix: str) -> list[NameRange]:
    """Divides the files of a store whose URLs begin with a prefix.

    Returns the ranges in order: one without borders where a page holds all names, and none where a listing only goes on
    after the page before.

    Raises:
        Exception: whichever the store's client does, if it cannot be asked.
    """
    _, start = bucket_and_name(prefix)
    list_page = _lister(prefix)
    if list_page is None:
        return []
    small: list[str] = []
    large = [start]
    with ThreadPoolExecutor(_AT_ONCE, "find-ranges") as pool:
        while large and len(large) + len(small) < ENOUGH:
            found = list(pool.map(partial(_branches, list_page), large))
            small += [one for one, branches in zip(large, found, strict=True) if not branches]
            large = [branch for branches in found for branch in branches]
    borders = sorted([*small, *large])[1:]
    return [NameRange(*ends) for ends in zip(["", *borders], [*borders, ""], strict=True)]


def names_in(prefix: str, names: NameRange) -> Iterator[str]:
    """Yields the URLs of a range that begin with the prefix for which it was found, page by page.

    Raises:
        OSError: if the store does not keep the order that ranges rely on.
        Exception: whichever the store's client does, if it cannot be asked.
    """
    _, start = bucket_and_name(prefix)
    url = prefix[: len(prefix) - len(start)]
    list_page = _lister(prefix)
    assert list_page is not None
    after, more = names.after, True
    while more:
        found, more = list_page(start, after)
        for name in sorted(found):
            if name <= after:
                raise OSError(f"the store lists out of order: '{name}' after '{after}'")
            if names.upto and name > names.upto:
                return
            yield url + name
            after = name


def _lister(prefix: str) -> ListPage | None:
    scheme = FileSystems.get_scheme(prefix)
    return client_of(scheme).lister(bucket_and_name(prefix)[0]) if scheme in KINDS else None


def _branches(list_page: ListPage, prefix: str) -> list[str]:
    """Returns the prefixes, a letter longer, with which names go on; none where a page holds all names."""
    page = list_page(prefix, "")
    if not page.more:
        return []
    branches: list[str] = []
    while page.names and len(branches) < _MOST_LETTERS:
        branches += dict.fromkeys(name[: len(prefix) + 1] for name in page.names if name != prefix)
        following = _following(page.names[-1][len(prefix) :])
        if not (page.more and following):
            break
        page = list_page(prefix, prefix + following)  # a file of just this name is passed over: no matter
    return branches


def _following(rest: str) -> str:
    """Returns the letter after the first of a text; '' if there is none."""
    code = ord(rest[0]) + 1 if rest else 0
    if code in _SURROGATES:
        code = _SURROGATES.stop
    return chr(code) if code <= sys.maxunicode else ""
