"""Splits files by the partitioner's own command, and holds what it rejects against their lines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from hypothesis import strategies as st

from partitioner.cli import main
from tests.end_to_end.accounts import Accounts, may_be_foreign
from tests.end_to_end.contents import content_of
from tests.end_to_end.fates import SPACE, fate_of
from tests.end_to_end.odd_records import NOW_SECONDS
from tests.end_to_end.one_process import Letter, read_letters

options = st.fixed_dictionaries(
    {"workers": st.sampled_from([1, 1, 2])},
    optional={
        "records-per-chunk": st.integers(1, 9),
        "chunk-bytes": st.integers(1, 3_000),
        "batch-records": st.integers(1, 5),
        "batch-bytes": st.integers(200, 3_000),
    },
)


@dataclass(frozen=True, slots=True)
class Split:
    """`report` is empty where there was nothing to split; `said` is then why."""

    report: dict[str, Any]
    said: str
    letters: list[Letter]
    chunks: list[Path]


def split(files: Sequence[bytes], folder: Path, wanted: dict[str, int]) -> Split:
    """The files as 0, 1, … below a folder."""
    export, output = folder / "export", folder / "chunks"
    export.mkdir()
    for number, data in enumerate(files):
        (export / str(number)).write_bytes(data)
    given = [argument for name, value in wanted.items() for argument in (f"--{name}", str(value))]
    always = ["--as-of", str(NOW_SECONDS), "--max-rejected", "100%", "--quiet", "--json"]
    result = CliRunner().invoke(main, ["split", str(export), "--output", str(output), *always, *given])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code:
        assert result.exit_code == 1, result.output
        return Split({}, result.output, [], [])
    letters = [letter for path in output.glob("_rejected/*") for letter in read_letters(path.read_bytes())]
    manifest = json.loads((output / "_manifest.json").read_bytes())
    chunks = [output / chunk["name"] for chunk in manifest["chunks"]]
    assert sorted(chunks) == sorted(output.glob("*.gz"))
    return Split(json.loads(result.stdout), result.output, letters, chunks)


def check_rejected(accounts: Accounts, files: Sequence[bytes], made: Split) -> None:
    """Each line is a letter, or must be sent; what damage has left is a letter that says so."""
    letters = {(Path(letter.file).name, letter.line): letter for letter in made.letters}
    assert len(letters) == len(made.letters) == made.report.get("rejected", 0)
    assert all(letter.message for letter in made.letters)
    skipped = {Path(each["file"]).name for each in made.report.get("skipped", ())}
    damages = {Path(each["file"]).name: each for each in made.report.get("damages", ())}
    for number, data in enumerate(files):
        name, content = str(number), content_of(data, members_are_lines=False)
        if name in skipped or not made.report:
            assert f"/export/{name}" in made.said
            assert not content.lines or may_be_foreign(content)
            continue
        for line in content.lines:
            letter = letters.pop((name, line.number), None)
            fate = fate_of(line.content, NOW_SECONDS)
            if letter is not None:
                assert (fate.verdict, letter.content) == ("rejected", line.content.strip(SPACE))
            elif fate.sent is not None:
                accounts.must[fate.sent] += 1
            else:
                assert fate.verdict == "blank", f"neither: {name}:{line.number}: {line.content[:300]!r}"
        assert (name in damages) != content.is_whole
        if not content.is_whole:
            letter = letters.pop((name, len(content.lines) + 1))
            assert letter.content == content.rest.strip(SPACE)
            assert letter.message == damages.pop(name)["message"]
    assert not letters
    assert not damages
