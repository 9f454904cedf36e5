"""Why Mixpanel refused records of a chunk, as its dead letters tell."""

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from partitioner.storage import Bucket

# A field and a message.
Kind = tuple[str, str]


class _Letter(msgspec.Struct):
    field: str
    message: str


def refusals_in(dead_letters: Iterable[str], state: "Bucket") -> Counter[Kind]:
    """How many of each kind; the ledger lists the files."""
    kinds: Counter[Kind] = Counter()
    for name in dead_letters:
        for line in gzip.decompress(state.read(name) or b"").splitlines():
            letter = msgspec.json.decode(line, type=_Letter)
            kinds[letter.field, letter.message] += 1
    return kinds


def refusal_lines(kinds: Mapping[Kind, int], dead_letters: Iterable[str], state: str) -> Iterator[str]:
    """The commonest first, then where each record is kept; `state` is the bucket's URL."""
    for (field, message), count in Counter(kinds).most_common():
        place = f" for {field}" if field not in message else ""
        yield f"  {count:,} rejected{place}: {message}"
    for name in dead_letters:
        yield f"  They are kept in {state}/{name}"
