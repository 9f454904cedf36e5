"""Plans: told by their seed alone, and such that every part is up in the end."""

from itertools import pairwise

from tests.torture_real.contents import export_of, files_of
from tests.torture_real.plan import LINKS, PARTS, draw_plan

PLANS = [draw_plan(f"1-{number}") for number in range(200)]


def test_a_seed_tells_all_of_a_run() -> None:
    """The plan and the bytes; another seed, another run."""
    plan = draw_plan("1-7")
    assert plan == PLANS[7] != PLANS[8]
    assert files_of(plan) == files_of(PLANS[7])
    assert export_of(plan) == export_of(PLANS[7])


def test_strikes_on_a_part_do_not_overlap() -> None:
    """What is killed or paused goes on before it is struck again."""
    for plan in PLANS:
        for part in PARTS:
            strikes = [strike for strike in plan.strikes if strike.target == part]
            for before, after in pairwise(strikes):
                assert before.at_seconds + before.seconds <= after.at_seconds


def test_200_plans_leave_nothing_out() -> None:
    """Each part is killed and paused, each link reset and broken, chunks are cut off, the disk is full."""
    struck = {(strike.what, strike.target) for plan in PLANS for strike in plan.strikes}
    assert struck == {(what, part) for what in ("kill", "pause") for part in PARTS} | {
        (what, link) for what in ("reset", "break") for link in LINKS
    }
    chunks = [chunk for plan in PLANS for chunk in plan.chunks]
    assert {chunk.shape for chunk in chunks} == {"ready", "plain", "gzip", "mixed", "blank", "empty"}
    assert {chunk.shape for chunk in chunks if chunk.cut < 1} == {"ready", "gzip", "mixed"}
    splittings = [plan.splitting for plan in PLANS if plan.splitting]
    assert {splitting.is_disk_full for splitting in splittings} == {True, False}
    assert any(splitting.upload_killed_after_seconds for splitting in splittings)
