"""Compact sets and counts are sets and counts."""

import random
from collections import Counter

from local.mixpanel.tally import Seen, Tally


def test_seen_is_a_set() -> None:
    """Through merges and repetitions, each number is new exactly once."""
    numbers = random.Random(1)
    few_parts = [numbers.getrandbits(64) >> numbers.choice([0, 9, 54]) for _ in range(60_000)]
    seen, known = Seen(), set[int]()
    for number in few_parts + few_parts[::3]:
        assert seen.add(number) == (number not in known)
        known.add(number)
        assert seen.distinct == len(known)
    assert not seen.add(few_parts[0])
    assert seen.add((1 << 64) - 1)


def test_tally_is_a_counter() -> None:
    """It says how often each number was counted before."""
    numbers = random.Random(2)
    tally, known = Tally(), Counter[int]()
    for _ in range(60_000):
        number = numbers.getrandbits(14) << numbers.choice([0, 40, 50])
        times = numbers.randrange(1, 5)
        assert tally.add(number, times) == known[number]
        known[number] += times
