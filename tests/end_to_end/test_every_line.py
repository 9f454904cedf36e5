"""Whatever an export holds and however it is cut: each line is accepted once, or rejected once with a reason.

EVERY_LINE_EXAMPLES=5000 looks longer than the default does.
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function.state import Status
from local.mixpanel.simulator import Simulator, simulate
from tests.end_to_end import splitting
from tests.end_to_end.accounts import Accounts, check_chunk
from tests.end_to_end.files import LONG, File, chunks
from tests.end_to_end.limits import lines_at_every_limit
from tests.end_to_end.lines import plain_record
from tests.end_to_end.odd_records import NOW_SECONDS
from tests.end_to_end.one_process import TOKEN, TROUBLES, Trouble, World
from tests.fakes.chunk_files import ready_member

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("EVERY_LINE_EXAMPLES", "300"))

# What one of Mixpanel's sources says and another doesn't: the more of it, the more is refused.
strict_switches = st.fixed_dictionaries(
    {"refuse_where": st.just({"plan": "stolen"})},
    optional={
        "properties": st.just(254),
        "elements": st.just(253),
        "time_fraction": st.just("refused"),
        "future_time": st.just("refused"),
        "forbidden_ids": st.just("any-case"),
        "id_types": st.just("text"),
        "large_values": st.just("refused"),
        "identity_records": st.just("refused"),
        "malformed": st.just("400"),
        "failed_records": st.sampled_from(["strings", "absent"]),
        "failed_id_key": st.sampled_from(["insert_id", "absent"]),
        "failed_index": st.just("absent"),
        "failed_order": st.just("descending"),
        "failed_most": st.just(1),
        "count_in_400": st.just(False),
        "body_bytes": st.just(1_000_100),
        "too_large_form": st.sampled_from(["no-limit", "html"]),
    },
)


def troubles(fewest: int = 0) -> st.SearchStrategy[list[Trouble]]:
    one = st.builds(Trouble, st.sampled_from(TROUBLES), st.integers(1, 5))
    return st.lists(one, min_size=fewest, max_size=2)


profile = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


profile_of_long = settings(profile, max_examples=max(1, EXAMPLES // 8))
# Each example starts workers, which takes half a second.
profile_of_split = settings(profile, max_examples=max(1, EXAMPLES // 20))


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulate(TOKEN) as running:
        yield running


@profile
@given(st.lists(chunks(), min_size=1, max_size=2), st.just({}) | strict_switches, troubles())
def test_the_function(
    simulator: Simulator, exports: list[list[File]], switches: dict[str, Any], befalling: list[Trouble]
) -> None:
    """Each line of each chunk, whatever befalls the processes that import it."""
    files = [file for export in exports for file in export]
    check_import(World(simulator, **switches), files, befalling)


@profile_of_long
@given(chunks(LONG), st.just({}) | strict_switches, troubles(fewest=1))
def test_the_function_goes_on(
    simulator: Simulator, files: list[File], switches: dict[str, Any], befalling: list[Trouble]
) -> None:
    """The same for chunks of several batches, of which the next process finds some settled."""
    check_import(World(simulator, **switches), files, befalling)


def check_import(world: World, files: list[File], befalling: list[Trouble]) -> None:
    uploaded = [world.upload(f"chunk-{number}", file.data) for number, file in enumerate(files)]
    world.import_all(uploaded, befalling)
    accounts = Accounts()
    accounts.is_exact = not befalling
    for chunk, file in zip(uploaded, files, strict=True):
        check_chunk(accounts, file, world.entry(chunk), world.letters(chunk), is_lenient=world.is_lenient)
    accounts.check(world.stored())


@profile_of_split
@given(st.lists(chunks(), min_size=1, max_size=2), st.just({}) | strict_switches, splitting.options)
def test_split_and_the_function(
    simulator: Simulator, exports: list[list[File]], switches: dict[str, Any], wanted: dict[str, int]
) -> None:
    """Each line of a file is in a chunk, or in `_rejected`; each record in a chunk is stored, or a letter."""
    files = [file.data for export in exports for file in export]
    check_split_and_import(World(simulator, **switches), files, wanted)


def check_split_and_import(world: World, files: list[bytes], wanted: dict[str, int]) -> None:
    accounts = Accounts()
    with TemporaryDirectory() as folder:
        made = splitting.split(files, Path(folder), wanted)
        splitting.check_rejected(accounts, files, made)
        assert sum(accounts.must.values()) == made.report.get("records", 0)
        uploaded = [world.upload(path.name, path.read_bytes()) for path in made.chunks]
    world.import_all(uploaded, [])
    for chunk in uploaded:
        entry, letters = world.entry(chunk), world.letters(chunk)
        assert (entry.status, entry.rejected) == (Status.DONE, len(letters))
        assert not (world.is_lenient and letters)
        for letter in letters:
            accounts.reject(letter)
    assert sum(accounts.must.values()) == sum(world.entry(chunk).accepted for chunk in uploaded)
    accounts.check(world.stored())


@pytest.mark.parametrize("form", ["plain", "gzip", "split"])
def test_every_limit(simulator: Simulator, form: str) -> None:
    """What is within them is stored, what is beyond is rejected, whichever way it goes."""
    data = b"\n".join(lines_at_every_limit())
    if form == "split":
        check_split_and_import(World(simulator), [data], {"records-per-chunk": 150})
    else:
        data = gzip.compress(data) if form == "gzip" else data
        check_import(World(simulator), [File(data, "", len(data), data)], [])


def test_a_large_chunk_that_begins_with_bad_records(simulator: Simulator) -> None:
    """They are letters, and all that follow are stored: it is not taken for a project that refuses all."""
    world = World(simulator, refuse_where={"plan": "stolen"})
    text = b'{"event":"seen","properties":{"time":%d,"plan":"stolen"}}'
    bad = [text % (NOW_SECONDS - number) for number in range(3)]
    good = [plain_record(number) for number in range(1_500)]
    chunk = world.upload("chunk", ready_member(bad) + ready_member(good))
    world.import_all([chunk], [])
    entry = world.entry(chunk)
    assert (entry.status, entry.accepted, entry.rejected) == (Status.DONE, 1_500, 3)
    assert [letter.line for letter in world.letters(chunk)] == [1, 2, 3]
