"""The mistakes made on purpose: each can be made, and one that is made is noticed."""

import pytest

from tests.torture.mutants import ALL, mutated, try_out
from tests.torture.mutations import Mutation, mutation


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_each_mutation_still_applies(each: Mutation) -> None:
    """Its text stands in the function exactly once, and what comes of it is Python."""
    for name, text in mutated(each).items():
        compile(text, name, "exec")


def test_a_text_that_is_not_found_is_an_error() -> None:
    """A mutation that changes nothing would survive, and nobody would know why."""
    with pytest.raises(ValueError, match=r"found 0 times in lease\.py: 'no such text'"):
        mutated(mutation("none", "lease.py", "no such text", ""))


@pytest.mark.slow
def test_a_mutant_is_caught_and_the_function_is_not() -> None:
    """Parts that are not listed are missed at once; a change that changes nothing never is."""
    caught = next(each for each in ALL if each.name == "parts are not listed")
    assert try_out(caught, 20, 1).rule == "a rejected record is not in exactly one listed part"
    harmless = mutation("none", "lease.py", '"""One invocation', '"""An invocation')
    assert try_out(harmless, 20, 1).rule == ""
