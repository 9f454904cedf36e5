"""What a run says at its end."""

from typing import Any

from function.records import Added
from partitioner.jobs import Damage, Reason, Sample
from partitioner.paths import Skipped
from partitioner.report import Report


def report(**different: Any) -> Report:
    usual: dict[str, Any] = {
        "name": "a",
        "as_of": 0.0,
        "records": 1_234_567,
        "chunks": 7,
        "bytes": 2_000_000,
        "json_bytes": 30_000_000,
        "rejected": 0,
        "reasons": (),
        "damages": (),
        "skipped": (),
        "added": Added(3, 2, 1),
        "copies": 0,
        "copies_kept": False,
        "shows": 1_234_567,
    }
    return Report(**usual | different)


def test_where_all_is_well_three_lines_say_so() -> None:
    """What there is, what was added, what Mixpanel will show."""
    assert list(report().lines("out")) == [
        "1,234,567 records in 7 chunks (2.0 MB, 30.0 MB of JSON) in out",
        "added: $insert_id to 3, ip to 2, distinct_id to 1",
        "Mixpanel will show 1,234,567",
    ]


def test_whatever_is_not_well_has_its_place() -> None:
    """Reasons with sample lines, damage, skipped files, copies."""
    samples = tuple(Sample("a.ndjson", line) for line in (3, 5, 8))
    text = "\n".join(
        report(
            rejected=10,
            reasons=(Reason("f", "why", 9, samples), Reason("", "other", 1, samples[:1])),
            damages=(Damage("b.gz", 70, "is cut off"),),
            skipped=(Skipped("c", "empty"),),
            copies=4,
            shows=1_234_563,
            not_finite=1_500,
        ).lines("out")
    )
    assert "10 rejected (0.00%), kept in out/_rejected\n" in text
    assert "9  why  (a.ndjson:3, a.ndjson:5, a.ndjson:8, …)\n" in text
    assert "1  other  (a.ndjson:3)\n" in text
    assert "damaged: b.gz, from line 70 on: is cut off\n" in text
    assert "skipped: c: empty\n" in text
    assert "NaN and infinite values left out: 1,500\n" in text
    assert "copies: 4 have event, distinct_id, $insert_id and day of another; counted once" in text
    assert text.endswith("\nMixpanel will show 1,234,563")


def test_only_the_commonest_reasons_are_shown() -> None:
    """The rest are counted."""
    reasons = tuple(Reason("", f"reason {number}", 10 - number, ()) for number in range(8))
    lines = list(report(reasons=reasons).reason_lines())
    assert len(lines) == 6
    assert lines[-1].split() == ["12", "for", "3", "other", "reasons"]
