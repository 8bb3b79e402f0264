"""The table in docs/runners.md, against what the local runner makes today."""

import re

from ..end_to_end.shardbox_runs import ROOT
from .reference import Wanted

WHERE = {
    *("local", "Flink, embedded", "Flink, a cluster", "Flink, a pool of workers", "Prism", "Dataflow (offline)"),
    *("S3", "GCS", "Azure"),
}
ROW = re.compile(r"^\| (?P<where>.+?) \| .+ \| .+ \| `(?P<digest>[0-9a-f]{16})…` \|$", re.MULTILINE)


def test_every_row_has_todays_manifest(wanted: Wanted) -> None:
    text = (ROOT / "docs/runners.md").read_text(encoding="utf-8").partition("## What was run")[2]
    rows = ROW.findall(text)
    assert len(rows) == len([line for line in text.splitlines() if line.startswith("|")]) - 2
    assert dict.fromkeys(where for where, _ in rows).keys() >= WHERE
    assert {digest for _, digest in rows} == {wanted.digests["manifest.json"][:16]}
