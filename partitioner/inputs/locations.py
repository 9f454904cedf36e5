"""Objects in buckets by name: gs://BUCKET/NAME, s3://BUCKET/NAME, and which ones a pattern means."""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, unquote

GOOGLE, AMAZON = "gs://", "s3://"

_WILD = re.compile(r"(?:^|(?<=/))\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]")


@dataclass(frozen=True)
class RemoteFile:
    """One version of an object, which is what is read. `version` is Google's generation or Amazon's ETag."""

    url: str
    size: int
    version: str

    @property
    def when_changed(self) -> str:
        """What to say and to do where this version is no more."""
        return f"{self.url} has changed since the run began; run it again, with another --output"


def is_remote(export: str) -> bool:
    """Also true of a location."""
    return export.startswith((GOOGLE, AMAZON))


def location_of(file: RemoteFile) -> str:
    """All of it in one string, whatever letters the name holds; `file_at` undoes it."""
    return f"{file.url}#{file.size}#{quote(file.version, safe='')}"


def file_at(location: str) -> RemoteFile:
    url, size, version = location.rsplit("#", 2)
    return RemoteFile(url, int(size), unquote(version))


def scheme_of(url: str) -> str:
    return url[: len(GOOGLE)]


def parts_of(url: str) -> tuple[str, str]:
    """Bucket and name; a name may hold anything, also what means something in other URLs."""
    bucket, _, name = url[len(GOOGLE) :].partition("/")
    return bucket, name


def literal_prefix(pattern: str) -> str:
    """What stands before the first wildcard; all of it where there is none."""
    wild = _WILD.search(pattern)
    return pattern[: wild.start()] if wild else pattern


def matcher(pattern: str) -> Callable[[str], bool]:
    """By the rules for files: an object belongs where its name matches, or the name of a folder above it.

    `*` and `?` and `[...]` stay within a folder, `**` doesn't.
    """
    at, expression = 0, ""
    for wild in _WILD.finditer(pattern):
        expression += re.escape(pattern[at : wild.start()]) + _expression(wild[0])
        at = wild.end()
    expression += re.escape(pattern[at:]) + ("" if pattern.endswith("/") else "(?:/.*)?")
    compiled = re.compile(expression + (".*" if pattern.endswith("/") else ""), re.DOTALL)
    return lambda name: compiled.fullmatch(name) is not None


@cache
def _expression(wild: str) -> str:
    match wild:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
    # Python's own reading of a set, without the end of text that it puts behind.
    return "(?!/)" + fnmatch.translate(wild).removesuffix(r"\Z")
