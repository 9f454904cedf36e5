"""The table, and what does not add up."""

from local.generate import Generated
from local.report import Report
from partitioner.account import Account, ChunkAccount, Tally, add_up
from partitioner.manifest import Manifest


def manifest(records: int = 100, rejected: int = 3, copies: int = 5) -> Manifest:
    return Manifest(
        name="x",
        as_of=0,
        records=records,
        rejected=rejected,
        copies=copies,
        shows=records - copies,
        over_max_rejected=False,
    )


def account(accepted: int = 98, rejected: int = 2, status: str = "done") -> Account:
    chunk = ChunkAccount("a", status, accepted + rejected, accepted, rejected, message="why")
    return add_up([chunk], accepted + rejected)


def text(report: Report) -> str:
    return "\n".join([*report.lines(), *report.verdict()])


def test_one_table_that_adds_up() -> None:
    report = Report(manifest(), account(), 10, {"deduplicated": 94})
    assert report.exit_code == 0
    assert text(report).splitlines() == [
        "",
        "  records in                         103",
        "  rejected before upload               3",
        "  accepted                            98",
        "  rejected by Mixpanel                 2",
        "  copies, shown once                   5",
        "  Mixpanel shows                      94",
        "  chunks                               1  all done",
        "  seconds                             10  10 records/s, all included",
        "",
        "It adds up.",
    ]


def test_a_missing_record_is_told() -> None:
    report = Report(manifest(), account(accepted=97), 10, {"deduplicated": 95})
    assert report.exit_code == 3
    assert "100 records were uploaded, but 97 are accepted and 2 rejected" in text(report)


def test_a_rejected_record_may_be_a_copy_or_not() -> None:
    """With two rejected, the simulator may show any of three counts."""
    codes = [Report(manifest(), account(), 1, {"deduplicated": there}).exit_code for there in range(92, 97)]
    assert codes == [3, 0, 0, 0, 3]


def test_chunks_that_failed_are_named() -> None:
    report = Report(manifest(), account(accepted=0, rejected=0, status="refused"), 1)
    assert report.exit_code == 1
    assert "  a: refused. why" in text(report)
    assert "1 refused" in text(report)


def test_the_demo_knows_every_number() -> None:
    generated = Generated(lines=103, flawed=3, refused=2, copies=5)
    state = {"deduplicated": generated.shows}
    assert Report(manifest(), account(), 1, state, generated).exit_code == 0
    off = Report(manifest(copies=4), account(), 1, state, generated)
    assert off.exit_code == 3
    assert "copies: 4, but 5 were generated" in text(off)


def test_tallies_are_totals() -> None:
    assert account().total == Tally(1, 100, 98, 2)
