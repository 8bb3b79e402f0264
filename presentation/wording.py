"""Numbers and names as a person reads them; nothing of it needs a terminal, which workers do not have."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Returns a number with its noun.

    >>> counted(2, "box", "boxes")
    '2 boxes'
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def readable_size(count: float) -> str:
    """Returns a number of bytes as a person reads it.

    >>> readable_size(1536)
    '1.5 KiB'
    """
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def printable(text: str) -> str:
    """Returns text without control characters, which a name from a file could bring to a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
