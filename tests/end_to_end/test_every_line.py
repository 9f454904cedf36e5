"""Whatever an export holds and however it is cut: each line is accepted once, or rejected once with a reason.

EVERY_LINE_EXAMPLES=5000 looks longer than the default does.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.mixpanel.simulator import Simulator, simulate
from tests.end_to_end.accounts import Accounts, check_chunk
from tests.end_to_end.files import File, chunks
from tests.end_to_end.one_process import TROUBLES, Trouble, World

EXAMPLES = int(os.environ.get("EVERY_LINE_EXAMPLES", "150"))

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
        "identity_records": st.sampled_from(["refused", "ignored"]),
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
troubles = st.lists(st.builds(Trouble, st.sampled_from(TROUBLES), st.integers(1, 5)), max_size=2)

profile = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulate("t") as running:
        yield running


@profile
@given(st.lists(chunks(), min_size=1, max_size=2), st.just({}) | strict_switches, troubles)
def test_the_function(
    simulator: Simulator, exports: list[list[File]], switches: dict[str, Any], befalling: list[Trouble]
) -> None:
    """Each line of each chunk, whatever befalls the processes that import it."""
    files = [file for export in exports for file in export]
    world = World(simulator, **switches)
    uploaded = [world.upload(f"chunk-{number}", file.data) for number, file in enumerate(files)]
    world.import_all(uploaded, befalling)
    accounts = Accounts()
    accounts.is_exact = not befalling
    for chunk, file in zip(uploaded, files, strict=True):
        check_chunk(accounts, file, world.entry(chunk), world.letters(chunk), is_lenient=not switches)
    accounts.check(world.stored())
