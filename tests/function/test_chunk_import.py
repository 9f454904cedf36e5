"""One owner's work on virtual time: what takes minutes is seen at once."""

import itertools

import pytest

from tests.torture.plan import Chunk, Content, Plan, Strike, Upload
from tests.torture.world import World


@pytest.mark.parametrize("timeout_seconds", [30, 90, 270, 540])
def test_an_owner_that_waits_for_mixpanel_keeps_its_lease(timeout_seconds: int) -> None:
    """Renewed at least every third of it, and a call's time: also where that is less than 5 s."""
    content = Content(seed=1, shape="ready", lines=8)
    plan = Plan(
        seed=1,
        chunks=(Chunk("chunk", (content,), (Upload(0.0, 0, (1.0,)),)),),
        strikes=(Strike("stall", "post", 2),),
        knobs={"TIMEOUT_SECONDS": str(timeout_seconds)},
    )
    ran = World(plan).run()
    assert not ran.violation
    # What the first invocation wrote, to its end where that comes before the answer.
    first = itertools.takewhile(lambda step: not step.told.startswith(("nacked", "ack")), ran.steps)
    written = [step.seconds for step in first if step.what.startswith("write ledger/")]
    gaps = [later - earlier for earlier, later in itertools.pairwise(written)]
    assert len(gaps) > 3
    assert max(gaps) < timeout_seconds / 18 * 0.8
