"""From what the user names to files: folders and globs in a fixed order, and what of them is left out."""

import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from partitioner.exits import Refused
from partitioner.inputs.remote import is_remote, list_remote, location_of

STDIN = "-"

# Hidden files, and what other tools leave beside their output: _SUCCESS, _manifest.json, _rejected.
_NOT_DATA = (".", "_")

_MAX_NAME_LETTERS = 100

_ENDINGS = (
    *(".gz", ".gzip", ".zst", ".bz2", ".zip", ".tgz", ".tar"),
    *(".ndjson", ".jsonl", ".json", ".txt", ".csv", ".tsv", ".parquet", ".avro"),
)


@dataclass(frozen=True, slots=True)
class Named:
    """A file; `by_itself` where the user named it alone and not by folder or glob.

    Of an object in a bucket `location` says also which generation, and `size` how many bytes that has.
    """

    file: str
    by_itself: bool
    location: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    file: str
    why: str


def expand(exports: Sequence[str], own_output: Path) -> Iterator[Named | Skipped]:
    """In the order given, each file once; folders, with all below them, and globs sorted by path.

    Raises Refused for what isn't there.
    """
    seen: set[Path] = set()
    for each in _expand(exports, own_output):
        place = Path(each.file).resolve()
        if isinstance(each, Named) and place in seen and each.file != STDIN:
            yield Skipped(each.file, "named twice, read once")
        else:
            seen.add(place)
            yield each


def _expand(exports: Sequence[str], own_output: Path) -> Iterator[Named | Skipped]:
    for export in exports:
        path = Path(export)
        if is_remote(export):
            yield from _in_bucket(export)
        elif export == STDIN or path.is_file():
            yield Named(str(path), by_itself=True)
        elif path.is_dir():
            yield from _below(path, own_output)
        elif path.exists():
            raise Refused(
                f"{export} is neither file nor folder: cat {export} | python -m partitioner split -"
            )
        elif not glob.has_magic(export):
            raise Refused(f"{export}: there is no such file or folder")
        elif found := sorted(map(Path, glob.glob(export, recursive=True))):  # noqa: PTH207 (takes absolute ones)
            for each in found:
                yield from _one_of_many(each, own_output)
        else:
            raise Refused(f"{export}: nothing matches it")


def _in_bucket(export: str) -> Iterator[Named | Skipped]:
    for file in list_remote(export):
        if file.url == export or is_data(file.url):
            yield Named(file.url, file.url == export, location_of(file), file.size)
        else:
            yield Skipped(file.url, "a part of its name begins with . or _")


def is_data(name: str) -> bool:
    """Whether no part of a path begins as hidden files do, and what tools leave beside their output."""
    return not any(part.startswith(_NOT_DATA) for part in name.split("/"))


def _below(folder: Path, own_output: Path) -> Iterator[Named | Skipped]:
    for path in sorted(folder.iterdir()):
        yield from _one_of_many(path, own_output)


def _one_of_many(path: Path, own_output: Path) -> Iterator[Named | Skipped]:
    if path.name.startswith(_NOT_DATA):
        yield Skipped(str(path), "its name begins with . or _")
    elif path.is_dir():
        if path.resolve() == own_output:
            yield Skipped(str(path), "this run's output")
        else:
            yield from _below(path, own_output)
    elif path.is_file():
        yield Named(str(path), by_itself=False)
    else:
        yield Skipped(str(path), "neither file nor folder")


def name_of(exports: Sequence[str]) -> str:
    """What chunks are called after: the one export, or the folder that several share. Never empty."""
    paths = [_without_pattern(Path(export)).resolve() for export in exports]
    while len(set(paths)) > 1:
        longest = max(len(path.parts) for path in paths)
        paths = [path.parent if len(path.parts) == longest else path for path in paths]
    name = paths[0].name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return safe_name(name) or "export"


def safe_name(name: str) -> str:
    """Only letters, digits, `.`, `_` and `-` stay, and of those only the first two begin a name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip("._-")[:_MAX_NAME_LETTERS]


def _without_pattern(path: Path) -> Path:
    while glob.has_magic(str(path)) and not path.exists():
        path = path.parent
    return path
