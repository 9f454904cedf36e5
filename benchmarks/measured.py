"""Measures what the cost model needs."""

from datetime import UTC, datetime

from benchmarks import ledger, sending
from partitioner.measured import Measured


def measure(*, small: bool = False, form: str = sending.SEND_READY) -> Measured:
    """`form` is one of those that sending measures."""
    taken = sending.measure(small=small)
    calls = ledger.count(ledger.SMALL_RECORDS, ledger.SMALL_SECONDS).imported
    export = taken.export
    stored = sending.forms_of(export)[form]
    return Measured(
        date=datetime.now(UTC).date().isoformat(),
        command="python -m benchmarks cost --save partitioner/measured.json",
        form=form,
        cpu_seconds_a_million=round(taken.uses[form].cpu_seconds_a_million, 3),
        inflation=round(export.json_bytes / taken.posted_bytes[form], 3),
        stored_inflation=round(export.json_bytes / len(stored), 3),
        writes_a_chunk=ledger.writes_in(calls) + calls["list_names"],
        reads_a_chunk=calls["read"] + calls["stat"],
        log_lines_a_chunk=taken.log_lines,
    )
