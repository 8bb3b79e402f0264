"""What the name of a file tells without a look at the file."""

IMAGE_EXTENSIONS = frozenset(["jpg", "jpeg", "jpe", "jfif", "png", "bmp", "dib", "gif", "tif", "tiff", "webp"])


def is_remote(path: str) -> bool:
    """Returns whether a path belongs to an object store or another file system with a scheme."""
    return "://" in path


def extension(name: str) -> str:
    """Returns the lower-case extension without its dot; '' where what follows the last dot is not one.

    A last part without a letter is no extension: `frame.0001` has none.
    """
    last = name.rsplit("/", 1)[-1]
    head, dot, tail = last.rpartition(".")
    if not (dot and head and 0 < len(tail) <= 5 and tail.isalnum() and not tail.isdigit()):
        return ""
    return tail.lower()


def without_extension(name: str) -> str:
    """Returns a path without the extension that `extension` finds."""
    found = extension(name)
    return name[: -len(found) - 1] if found else name


def is_image_name(name: str) -> bool:
    """Returns whether a file would be taken for an image by its name alone."""
    return extension(name) in IMAGE_EXTENSIONS
