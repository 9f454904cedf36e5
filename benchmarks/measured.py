"""What the cost model needs to have measured: CPU, bytes, calls, lines of log."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import ledger, sending

COMMITTED = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one form of chunks. `inflation` is bytes of JSON for each byte posted, `stored_inflation` for each
    byte of the chunk. Calls are those of an import so quick that it makes no checkpoint.
    """

    date: str
    command: str
    form: str
    cpu_seconds_a_million: float
    inflation: float
    stored_inflation: float
    writes_a_chunk: int
    reads_a_chunk: int
    log_lines_a_chunk: int


def measure(*, small: bool = False, form: str = sending.SEND_READY) -> Measured:
    """`form` is one of those that sending measures."""
    taken = sending.measure(small=small)
    calls = ledger.count(ledger.SMALL_RECORDS, ledger.SMALL_SECONDS).imported
    export = taken.export
    stored = sending.forms_of(export)[form]
    return Measured(
        date=datetime.now(UTC).date().isoformat(),
        command="python -m benchmarks cost --save benchmarks/measured.json",
        form=form,
        cpu_seconds_a_million=round(taken.uses[form].cpu_seconds_a_million, 3),
        inflation=round(export.json_bytes / taken.posted_bytes[form], 3),
        stored_inflation=round(export.json_bytes / len(stored), 3),
        writes_a_chunk=ledger.writes_in(calls) + calls["list_names"],
        reads_a_chunk=calls["read"] + calls["stat"],
        log_lines_a_chunk=taken.log_lines,
    )


def read_measured(file: Path) -> Measured:
    return Measured(**json.loads(file.read_bytes()))


def write_measured(measured: Measured, file: Path) -> None:
    file.write_text(json.dumps(asdict(measured), indent=2) + "\n", encoding="utf-8")
