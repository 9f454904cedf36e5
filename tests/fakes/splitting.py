"""`split` as a user runs it, in this process (its workers are processes of their own)."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from partitioner.cli import main
from tests.fakes.exports import AS_OF


@dataclass(frozen=True, slots=True)
class Ran:
    exit_code: int
    out: str
    err: str


def run_split(*arguments: str | Path, stdin: bytes = b"") -> Ran:
    result = CliRunner().invoke(main, ["split", *map(str, arguments)], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def split_to(output: Path, *arguments: str | Path, stdin: bytes = b"") -> dict[str, Any]:
    """The report of a run that ends well."""
    ran = run_split(*arguments, "--output", output, "--as-of", AS_OF, "--json", "--quiet", stdin=stdin)
    assert ran.exit_code == 0, ran.err
    report: dict[str, Any] = json.loads(ran.out)
    return report


def sent_lines(output: Path) -> list[bytes]:
    """The records of all chunks, in the manifest's order, as they will be sent."""
    manifest = json.loads((output / "_manifest.json").read_bytes())
    chunks = (gzip.decompress((output / chunk["name"]).read_bytes()) for chunk in manifest["chunks"])
    return [line for chunk in chunks for line in chunk.splitlines()]


def rejected(output: Path) -> list[dict[str, Any]]:
    files = sorted(output.glob("_rejected/*"))
    return [json.loads(line) for path in files for line in gzip.decompress(path.read_bytes()).splitlines()]
