"""The virtual fault suite itself: it repeats what it does, it notices, and it shows what led there."""

from dataclasses import replace

import pytest

from tests.torture.draw import draw
from tests.torture.plan import Chunk, Content, Deployment, Plan, Strike, Upload
from tests.torture.runs import Total, run_block
from tests.torture.shrink import rule_of, shrink
from tests.torture.summary import DRAWN, STRUCK, never_struck, show_steps
from tests.torture.world import World

CONTENT = Content(seed=1, shape="gzip", lines=40, flawed=0.1, refused=0.1, mended=0.2)


def plan_of(*strikes: Strike, content: Content = CONTENT, uploads: tuple[Upload, ...] = ()) -> Plan:
    chunk = Chunk("chunk.ndjson.gz", (content,), uploads or (Upload(0.0, 0, (1.0,)),))
    return Plan(seed=1, chunks=(chunk,), strikes=strikes, knobs={"MAX_ATTEMPTS": "3"})


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_always_gives_the_same_run(seed: int) -> None:
    """The same steps at the same moments, so that a failure can be replayed."""
    first, second = World(draw(seed)).run(), World(draw(seed)).run()
    assert first.steps == second.steps
    assert (first.calls, first.struck, first.violation) == (second.calls, second.struck, "")


@pytest.mark.parametrize("kind", ["kill-before", "kill-during", "kill-after", "freeze-before"])
@pytest.mark.parametrize("verb", ["read", "write", "part", "range", "post", "custom-time", "list"])
def test_a_kill_or_a_freeze_at_any_call_loses_nothing(kind: str, verb: str) -> None:
    """One strike at the second call of each kind of door, or at the first where there is no second."""
    for nth in (1, 2):
        ran = World(plan_of(Strike(kind, verb, nth, 200.0))).run()
        assert not ran.violation
        assert ran.struck[kind] == 1 or nth == 2


def test_a_chunk_that_kills_is_quarantined() -> None:
    """After as many attempts as are allowed, and no sooner."""
    ran = World(plan_of(content=replace(CONTENT, poison=20))).run()
    assert not ran.violation
    assert 3 <= ran.struck["poison"] <= 6


def test_a_violation_is_noticed_and_shrunk() -> None:
    """A good record that Mixpanel refuses, hidden among faults that have nothing to do with it."""
    others = tuple(Strike(kind, "post", 3) for kind in ("500", "reset", "half-body"))
    bystander = Chunk("other.ndjson.gz", (replace(CONTENT, seed=2),), (Upload(900.0, 0, (1.0, 30.0)),))
    plan = plan_of(*others, uploads=(Upload(0.0, 0, (1.0, 60.0)), Upload(300.0, 0, (1.0,))))
    switches = {"failed_order": "descending", "refuse_where": {"plan": "stolen", "n": "1-0"}}
    plan = replace(
        plan, chunks=(*plan.chunks, bystander), switches=switches, deployments=(Deployment(5.0, 60.0),)
    )
    ran = World(plan).run()
    assert rule_of(ran) == "counts don't add up"
    smaller, again = shrink(plan, ran)
    assert rule_of(again) == rule_of(ran)
    assert (smaller.strikes, smaller.deployments) == ((), ())
    assert list(smaller.switches) == ["refuse_where"]
    (chunk,) = smaller.chunks
    assert (chunk.name, len(chunk.uploads), chunk.contents[0].lines) == ("chunk.ndjson.gz", 1, 1)
    assert "1 good and 0 bad of 1 lines" in show_steps(smaller, again)


@pytest.mark.slow
def test_fifty_runs_break_no_rule() -> None:
    """The first of those that `make torture` runs."""
    total = run_block(range(1, 51))
    assert (total.violation, total.runs) == ("", 50)


def test_what_was_never_met_is_told() -> None:
    """Every kind of fault counts, those that are drawn and those that strike."""
    total = Total()
    assert never_struck(total) == [*STRUCK, *DRAWN]
    total.struck.update(STRUCK)
    total.drawn.update(DRAWN[1:])
    assert never_struck(total) == [DRAWN[0]]
