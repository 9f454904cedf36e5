"""The values of one property: counted, measured, looked into; exact but for how many are distinct."""

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

import datasketches
import msgspec

from function.identity import text_of
from function.splice import without_surrogates
from partitioner.check.mask import kept_example
from partitioner.check.personal import CARD, found_in
from partitioner.check.profile import MAX_EXAMPLES, PropertyProfile
from partitioner.shape.rows import encode_row, spelling

TEXT, NUMBER, BOOLEAN, LIST, OBJECT, OTHER = "text", "number", "boolean", "list", "object", "other"

MAX_TEXT_CHARACTERS = 255
"""Longer ones are truncated: https://docs.mixpanel.com/reference/import-events (2026-08)."""
MAX_LARGE_BYTES = 8_000
"""Of a list or an object, "8 KB":
https://docs.mixpanel.com/docs/data-structure/property-reference/data-type (2026-08)."""

_TYPES = {
    str: TEXT, bool: BOOLEAN, int: NUMBER, float: NUMBER, msgspec.Raw: NUMBER, list: LIST, dict: OBJECT,
}  # fmt: skip
_LG_K = 11  # 2 KB a property, off by 2.3 % in two of three cases
_WORDS_SPACES = 3  # four words
_LOOKED_AT_FOR_EXAMPLES = 50
_CARD_NUMBERS = range(10**12, 10**19)


class Column:
    """Of one piece, or of all that came before: what was profiled elsewhere can be added."""

    def __init__(self) -> None:
        self._profile = PropertyProfile()
        self._distinct = datasketches.hll_union(_LG_K)

    def add(self, values: list[Any], *, never_holds: Collection[str] = ()) -> None:
        """`never_holds` are kinds of personal data that are not looked for."""
        profile = self._profile
        profile.values += len(values)
        kinds = Counter(map(type, values))
        are_texts = kinds.keys() == {str}
        texts = Counter(values if are_texts else (each for each in values if isinstance(each, str)))
        profile.empty += kinds.pop(type(None), 0)
        if blank := texts.pop("", 0):
            profile.empty += blank
            kinds[str] -= blank
        for kind, count in kinds.items():
            if count:
                _count(profile.types, _TYPES.get(kind, OTHER), count)
        self._add_texts(texts, never_holds)
        if kinds.keys() - {str}:
            self._add_others([each for each in values if each is not None and not isinstance(each, str)])

    def profile(self) -> PropertyProfile:
        """As it is so far."""
        distinct = self._distinct.get_result().serialize_compact()
        return msgspec.structs.replace(self._profile, distinct=distinct)

    def distinct(self) -> int:
        """About how many different values there are."""
        estimate: float = self._distinct.get_estimate()
        return min(round(estimate), self._profile.said)

    def merge(self, other: PropertyProfile) -> None:
        profile = self._profile
        for name in ("values", "empty", "over_long", "over_large", "worded"):
            setattr(profile, name, getattr(profile, name) + getattr(other, name))
        profile.longest = max(profile.longest, other.longest)
        profile.largest = max(profile.largest, other.largest)
        for counts, others in ((profile.types, other.types), (profile.personal, other.personal)):
            for kind, count in others.items():
                _count(counts, kind, count)
        self._keep_examples(other.examples)
        self._distinct.update(datasketches.hll_sketch.deserialize(other.distinct))

    def _add_texts(self, texts: Counter[str], never_holds: Collection[str]) -> None:
        if not texts:
            return
        profile, update = self._profile, self._distinct.update
        for text in texts:
            update(text if text.isascii() else without_surrogates(text))
        longest = max(map(len, texts))
        profile.longest = max(profile.longest, longest)
        if longest > MAX_TEXT_CHARACTERS:
            profile.over_long += sum(
                count for text, count in texts.items() if len(text) > MAX_TEXT_CHARACTERS
            )
        profile.worded += sum(count for text, count in texts.items() if text.count(" ") >= _WORDS_SPACES)
        for kind, count in found_in(texts).items():
            if kind not in never_holds:
                _count(profile.personal, kind, count)
        self._keep_examples(texts)

    def _add_others(self, values: list[Any]) -> None:
        profile, update = self._profile, self._distinct.update
        nested = [each for each in values if isinstance(each, dict | list)]
        for spelled in map(_spelled, nested):
            profile.largest = max(profile.largest, len(spelled))
            profile.over_large += len(spelled) > MAX_LARGE_BYTES
            update(spelled.decode())
        whole = Counter(each for each in values if type(each) is int)
        for number in whole:
            update(str(number))
        if len(nested) + whole.total() < len(values):
            for each in values:
                if not isinstance(each, dict | list) and type(each) is not int:
                    update(spelling(each) or text_of(each))
        self._add_card_numbers(whole)
        self._keep_examples(values)

    def _add_card_numbers(self, numbers: Counter[int]) -> None:
        if max(numbers, default=0) >= _CARD_NUMBERS.start:
            long = {str(number): count for number, count in numbers.items() if number in _CARD_NUMBERS}
            if found := found_in(Counter(long)).get(CARD):
                _count(self._profile.personal, CARD, found)

    def _keep_examples(self, values: Iterable[Any]) -> None:
        examples = self._profile.examples
        for value in islice(values, _LOOKED_AT_FOR_EXAMPLES):
            if len(examples) >= MAX_EXAMPLES:
                return
            kept = kept_example(value)
            if kept not in examples:
                examples.append(kept)


def _spelled(value: Any) -> bytes:
    """Nothing of what can't be written: such a record is rejected."""
    try:
        return encode_row(value)
    except UnicodeEncodeError:
        return b""


def _count(counts: dict[str, int], name: str, count: int) -> None:
    counts[name] = counts.get(name, 0) + count
