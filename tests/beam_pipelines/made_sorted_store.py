"""A store that tells its names in order, a page a request, from any name on."""

from bisect import bisect_right

from beam_pipelines.stores import name_ranges
from beam_pipelines.stores.clients import Kind, Page


class SortedStore:
    """Names of a bucket; every request is kept."""

    def __init__(self, names, page=1000):
        self.all, self.size, self.requests = sorted(names), page, []

    def lister(self, bucket):
        assert bucket == "bucket"
        return self.page

    def page(self, prefix, after):
        self.requests.append((prefix, after))
        first = bisect_right(self.all, after)
        found = [name for name in self.all[first:] if name.startswith(prefix)]
        return Page(found[: self.size], len(found) > self.size)


def set_up(monkeypatch, store):
    """Makes it the store of the scheme of `made_store`."""
    kind = Kind("fake", "", "", "fake://BUCKET/FOLDER", "bucket")
    monkeypatch.setattr(name_ranges, "KINDS", name_ranges.KINDS | {"fake": kind})
    monkeypatch.setattr(name_ranges, "client_of", lambda scheme: {"fake": store}[scheme])
    return store
