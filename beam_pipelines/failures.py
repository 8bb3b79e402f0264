"""How the job fails: with a sentence for a person, wherever it was raised.

A worker's exception reaches the driver as text, wrapped by whichever runner was used. A `DatasetError`
therefore carries its sentence between two marks, and `sentence_of` finds it again in that text.
"""

import json
import re

_MARK = "<<shardbox>>"


class DatasetError(Exception):
    """The data do not make a dataset as asked for. Exit code 1.

    Args:
        sentence: for a person: what is wrong, with names and numbers, and what to do. May have several lines.
    """

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return f"{_MARK}{json.dumps(self.sentence)}{_MARK}"


_KNOWN_CAUSES = (
    (r"No space left on device|Errno 28\b", "The disk is full: free some space and run the same command again."),
    (r"Disk quota exceeded|Errno 122\b", "The disk quota is used up: free some space, then run the command again."),
    (r"File too large|Errno 27\b", "A file grew larger than the disk or a limit allows: take a smaller --shard_size."),
    (r"Errno 13\b|Permission denied|PERMISSION_DENIED", "A file or folder may not be read or written"),
    (r"MemoryError|Cannot allocate memory|Errno 12\b", "The machine ran out of memory"),
    (
        r"NoResourceAvailableException|Could not acquire the minimum required resources",
        "The cluster has fewer free task slots than the job wants: lower --parallelism, or free some of them.",
    ),
    (
        r"Insufficient number of network buffers",
        "The TaskManagers have too little network memory for the job: lower --parallelism, or raise "
        "taskmanager.memory.network.min and .max in the cluster's configuration (docs/runners.md).",
    ),
    (
        r"Cannot run program|No such file or directory: 'java'",
        "A program that the runner needs is not installed (docs/runners.md tells what each wants)",
    ),
    (
        r"Unable to fetch remote",
        "The runner's program cannot be fetched: name one that is on this machine with --flink_job_server_jar or "
        "--prism_location (docs/runners.md tells how to make them)",
    ),
    (
        r"\A<_\w+ of RPC that terminated with:\s+status = StatusCode\.UNAVAILABLE",
        "The program to which the job was handed over is not there any more, and the job perhaps not either",
    ),
    (r"Too many open files|Errno 24\b", "Too many open files: raise the limit with `ulimit -n`."),
)


def sentence_of(error: BaseException) -> str | None:
    """Returns the sentence that explains `error` to a person, or None if it is none of ours and none well known."""
    if isinstance(error, DatasetError):
        return _without_steps(error.sentence)
    text = str(error)
    found = re.search(f"{_MARK}(.*?){_MARK}", text, re.DOTALL)
    if found:
        return _without_steps(json.loads(found[1]))
    for pattern, sentence in _KNOWN_CAUSES:
        if re.search(pattern, text):
            return sentence if sentence.endswith(".") else f"{sentence}: {first_cause(text)}"
    return None


def _without_steps(sentence: str) -> str:
    """Returns a sentence without the steps that Beam adds to an exception's text as it passes."""
    return re.sub(r"( \[while running '[^']*'\])+$", "", sentence)


def first_cause(text: str) -> str:
    """Returns the line of a wrapped traceback that names the exception which came first.

    Python writes the first cause first, Java last, below all that it led to. What a worker raised is Python's, however
    much of Java is around it.
    """
    lines = [line.strip() for line in text.splitlines() if re.match(r"\s*[\w.]*(Error|Exception|Interrupt)\b", line)]
    # A cause may hold the whole traceback of another.
    of_python = [line for line in lines if not re.match(r"(java|javax|org|com|io)\.|.*most recent call last\):$", line)]
    of_java = re.findall(r"^\s*Caused by: (.+)", text, re.MULTILINE)[-1:]
    of_grpc = re.findall(r'^\s*details = "(.+)"$', text, re.MULTILINE)
    found: list[str] = [*of_python, *of_java, *lines, *of_grpc, *text.strip().removesuffix("\nNone").splitlines()[-1:]]
    return found[0] if found else "no reason given"
