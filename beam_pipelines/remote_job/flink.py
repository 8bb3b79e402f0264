"""What Flink's own REST interface tells of a job while it runs: Beam's job server tells its figures at the end only."""

import json
import re
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 5.0
_ENDS = ("CANCELED", "FAILED", "FINISHED")


@dataclass(frozen=True)
class FlinkJob:
    """A job on a cluster.

    Attributes:
        address: of the JobManager's REST interface, without a slash at its end.
        name: of the job.
    """

    address: str
    name: str

    @classmethod
    def of(cls, master: str, name: str) -> "FlinkJob | None":
        """Returns the job of that name on a cluster; None if `master` is none that can be asked.

        Args:
            master: as `--flink_master` has it: HOST:PORT, a URL, or a word in brackets for a cluster in the process.
            name: of the job.
        """
        if re.fullmatch(r"\[\w+\]", master.strip()):
            return None
        address = master.strip().rstrip("/")
        return cls(address if "://" in address else f"http://{address}", name)

    @property
    def page(self) -> str:
        """Where a browser shows the cluster."""
        return self.address

    def tasks(self) -> str:
        """Returns how many of Flink's tasks have ended, for a person; '' if the job is not there."""
        job = self._find()
        if job is None:
            return ""
        tasks = job.get("tasks", {})
        return f"{tasks.get('finished', 0):,} of {tasks.get('total', 0):,} tasks"

    def cancel(self) -> None:
        """Asks the cluster to cancel the job, which takes it a moment."""
        job = self._find()
        if job is not None:
            self._ask(f"/jobs/{job['jid']}?mode=cancel", "PATCH")

    def is_over(self) -> bool:
        """Tells whether the job has ended, however it did."""
        job = self._find()
        return job is not None and job["state"] in _ENDS

    def _find(self) -> dict[str, Any] | None:
        jobs = [job for job in self._get("/jobs/overview")["jobs"] if self.name in job["name"]]
        return max(jobs, key=lambda job: int(job["start-time"]), default=None)

    def _get(self, path: str) -> Any:
        return json.loads(self._ask(path, "GET"))

    def _ask(self, path: str, method: str) -> bytes:
        if urlsplit(self.address).scheme not in ("http", "https"):
            raise ValueError(f"'{self.address}' is no address of HTTP")
        request = urllib.request.Request(self.address + path, method=method)  # noqa: S310 (see above)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
