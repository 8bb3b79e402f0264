"""Starts gcp-storage-emulator on 127.0.0.1: `python gcs_emulator.py PORT`.

Its file system library imports `pkg_resources`, which setuptools has no more, for plug-ins that are not needed here.
"""

import sys
import types

plug_ins = types.ModuleType("pkg_resources")
plug_ins.declare_namespace = lambda _: None  # type: ignore[attr-defined]
plug_ins.iter_entry_points = lambda *_: iter(())  # type: ignore[attr-defined]
sys.modules["pkg_resources"] = plug_ins

import gcs_batches  # noqa: E402
import gcs_pages  # noqa: E402
from gcp_storage_emulator.server import create_server  # noqa: E402

if __name__ == "__main__":
    gcs_batches.take_copies()
    gcs_pages.list_in_pages()
    server = create_server("127.0.0.1", int(sys.argv[1]), in_memory=True)
    server.run()
