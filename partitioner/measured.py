"""What the cost model needs to have measured: CPU, bytes, calls, lines of log. benchmarks/ measures it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

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


def read_measured(file: Path) -> Measured:
    return Measured(**json.loads(file.read_bytes()))


def write_measured(measured: Measured, file: Path) -> None:
    file.write_text(json.dumps(asdict(measured), indent=2) + "\n", encoding="utf-8")
