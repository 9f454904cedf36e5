"""Rejected records, kept in parts: one object for each checkpoint that settles some.

A part is written before the checkpoint that lists it, and only listed parts count.
"""

import re
from collections.abc import Callable, Iterable

from isal import isal_zlib

from .state import DeadLetter, encode_dead_letter
from .storage import Bucket

_GZIP = 31  # zlib's window bits for a gzip header and trailer; that header has no time in it
_PART_NAME = re.compile(r"[0-9]+-[0-9a-f]+-[0-9]+\.ndjson\.gz")


def write_part(bucket: Bucket, name: str, letters: Iterable[DeadLetter], *, timeout_seconds: float) -> None:
    """The name is this part's alone (owner and sequence are in it), so writing it twice does no harm.

    Raises StorageUnavailable; it may yet arrive, so the name must not be used for other letters.
    """
    deflater = isal_zlib.compressobj(1, wbits=_GZIP)
    blocks = [deflater.compress(encode_dead_letter(letter)) for letter in letters]
    blocks.append(deflater.flush())
    bucket.write(name, b"".join(blocks), if_generation=None, timeout_seconds=timeout_seconds)


def delete_unlisted(
    bucket: Bucket, folder: str, listed: Iterable[str], *, call_seconds: Callable[[], float]
) -> list[str]:
    """Deletes the parts that owners wrote and didn't live to list; returns their names.

    `call_seconds` says how long the next call may take.

    Only once the ledger's done is confirmed: before that, another owner may be about to list one. Raises
    StorageUnavailable; what is left then does no harm.
    """
    kept = set(listed)
    names = bucket.list_names(folder, timeout_seconds=call_seconds())
    unlisted = [name for name in names if name not in kept and _PART_NAME.fullmatch(name[len(folder) :])]
    for name in unlisted:
        bucket.delete(name, timeout_seconds=call_seconds())
    return unlisted
