"""Several Java archives become one that can be run."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

_SIGNATURES = (".SF", ".RSA", ".DSA", "INDEX.LIST")


def merge_jars(jars: Iterable[Path], target: Path, main_class: str) -> None:
    """Writes one archive with the content of all.

    Args:
        jars: of a name that is in several, the first one's content stays.
        target: the file to write.
        main_class: what `java -jar` starts.
    """
    lists: dict[str, list[bytes]] = {}
    seen: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as merged:
        manifest = f"Manifest-Version: 1.0\nMain-Class: {main_class}\nMulti-Release: true\n\n"
        merged.writestr("META-INF/MANIFEST.MF", manifest)
        for path in jars:
            with zipfile.ZipFile(path) as jar:
                for name in filter(_is_wanted, jar.namelist()):
                    if _is_list(name):
                        lists.setdefault(name, []).append(jar.read(name))
                    elif name not in seen:
                        seen.add(name)
                        merged.writestr(name, jar.read(name))
        for name, parts in lists.items():
            merged.writestr(name, b"\n".join(parts) + b"\n")


def _is_wanted(name: str) -> bool:
    """Whether an entry is any use in a merged archive: signatures and module descriptions hold for one alone."""
    upper = name.upper()
    signed = upper.startswith("META-INF/") and upper.endswith(_SIGNATURES)
    return not (name.endswith(("/", "module-info.class")) or upper == "META-INF/MANIFEST.MF" or signed)


def _is_list(name: str) -> bool:
    """Whether the entries of that name add up, as those of Java's service loader and of Pekko's settings do."""
    return name.startswith("META-INF/services/") or name == "reference.conf"
