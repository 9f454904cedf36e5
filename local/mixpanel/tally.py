"""How often each of many millions of 64-bit hashes was seen, in about 20 bytes at most each.

A Python dict takes ten times that. Hashes lie in 256 parts by their top byte; each part is a sorted array
beside a small dict of late-comers, merged when that has grown to half the array: no pause is long (10 million
hashes: 40,000 a part), and the count of distinct hashes is exact at every moment. Two different keys share a
64-bit hash with a probability of 3 in a million among 10 million keys.
"""

from array import array
from bisect import bisect_left

PARTS_SHIFT = 56
MASK = (1 << 64) - 1
FEWEST_LATE = 1_024


class Tally:
    def __init__(self) -> None:
        self._keys = [array("Q") for _ in range(256)]
        self._counts = [array("I") for _ in range(256)]
        self._late: list[dict[int, int]] = [{} for _ in range(256)]
        self.distinct = 0

    def add(self, key: int, times: int = 1) -> int:
        """Counts the hash, an unsigned 64-bit number; how often it had been seen before."""
        part = key >> PARTS_SHIFT
        late = self._late[part]
        before = late.get(key)
        if before is not None:
            late[key] = before + times
            return before
        keys = self._keys[part]
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            counts = self._counts[part]
            before = counts[at]
            counts[at] = before + times
            return before
        late[key] = times
        self.distinct += 1
        if len(late) > FEWEST_LATE and len(late) > len(keys) >> 1:
            self._merge(part)
        return 0

    def _merge(self, part: int) -> None:
        counted = dict(zip(self._keys[part], self._counts[part], strict=True)) | self._late[part]
        self._keys[part] = array("Q", sorted(counted))
        self._counts[part] = array("I", [counted[key] for key in self._keys[part]])
        self._late[part] = {}
