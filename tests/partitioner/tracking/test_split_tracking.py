"""`split --tracking`: applied, counted, named in the manifest; the key is nowhere on the disk."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from partitioner.cli import main
from partitioner.manifest import read_manifest
from partitioner.tracking.load import load_plan
from tests.fakes.exports import AS_OF, ndjson, record, tree
from tests.fakes.splitting import rejected, sent_lines

KEY = "0123456789abcdef-the-key"
PLAN = """
[properties]
email = "hash"
note = "truncate=3"
secret = "drop"

[events.noise]
action = "drop"
"""


def line(number: int, event: str = "seen", **properties: object) -> bytes:
    made = json.loads(record(number, **{"$insert_id": None, **properties}))
    return json.dumps({**made, "event": event}).encode()


def export(tmp_path: Path) -> Path:
    lines = [
        line(number, email=f"u{number}@example.com", note="a long note", secret=number, price=1)
        for number in range(30)
    ]
    path = tmp_path / "export.ndjson"
    path.write_bytes(ndjson([*lines, *(line(number, "noise") for number in range(5)), b"no record"]))
    return path


def split(*arguments: str | Path, key: str | None = KEY) -> Result:
    """With the key in the environment, as workers inherit it."""
    environ = {"TRACKING_KEY": key, "TRACKING_KEY_FILE": None}
    return CliRunner().invoke(main, ["split", *map(str, arguments), "--as-of", AS_OF], env=environ)


def plan(tmp_path: Path, text: str = PLAN) -> Path:
    path = tmp_path / "tracking.toml"
    path.write_text(text)
    return path


def test_the_plan_is_applied_and_counted_by_rule(tmp_path: Path) -> None:
    """In report and manifest, which has the file's hash too."""
    out, file = tmp_path / "out", plan(tmp_path)
    ran = split(export(tmp_path), "--output", out, "--tracking", file, "--max-rejected", "10%")
    assert ran.exit_code == 0, ran.output
    properties: list[dict[str, Any]] = [json.loads(each)["properties"] for each in sent_lines(out)]
    assert len(properties) == 30
    for each in properties:
        assert len(each["email"]) == len(each["$insert_id"]) == 32
        assert (each["note"], "secret" in each, each["price"]) == ("a l", False, 1)
    tracking = read_manifest(out).tracking
    assert tracking
    assert tracking.sha256 == load_plan(file).sha256
    assert {rule.rule: rule.count for rule in tracking.rules} == {
        'events.noise = "drop"': 5,
        'properties.email = "hash"': 30,
        'properties.note = "truncate=3"': 30,
        'properties.secret = "drop"': 30,
    }
    assert '       30  properties.email = "hash"' in ran.stdout
    assert "       30  keyed $insert_id" in ran.stdout


def test_the_key_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    """Neither whole nor in a message, nor what was hashed or dropped in a chunk."""
    out = tmp_path / "out"
    ran = split(export(tmp_path), "--output", out, "--tracking", plan(tmp_path), "--max-rejected", "10%")
    assert KEY not in ran.output
    assert not [name for name, data in tree(out).items() if KEY.encode() in data]
    assert b"example.com" not in b"".join(sent_lines(out))


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    """Byte for byte."""
    made, file = export(tmp_path), plan(tmp_path)
    for workers in ("1", "3"):
        ran = split(
            *(made, "--output", tmp_path / workers, "--tracking", file),
            *("--max-rejected", "10%", "--records-per-chunk", "7", "--workers", workers),
        )
        assert ran.exit_code == 0, ran.output
    assert tree(tmp_path / "1") == tree(tmp_path / "3")


def test_another_key_or_plan_is_another_split(tmp_path: Path) -> None:
    """A run that goes on would mix two sorts of hashes."""
    arguments = (export(tmp_path), "--output", tmp_path / "out", "--max-rejected", "10%", "--tracking")
    assert split(*arguments, plan(tmp_path)).exit_code == 0
    assert split(*arguments, plan(tmp_path)).exit_code == 0
    ran = split(*arguments, plan(tmp_path), key="another key of as many")
    assert (ran.exit_code, "--tracking was" in ran.output) == (1, True)
    ran = split(*arguments, plan(tmp_path, PLAN + "\n# mended"))
    assert (ran.exit_code, "--tracking was" in ran.output) == (1, True)


def test_refused_records_are_rejected_with_the_reason(tmp_path: Path) -> None:
    """And kept as they were."""
    out = tmp_path / "out"
    file = plan(tmp_path, 'unknown_events = "refuse"\n[events.seen]')
    ran = split(export(tmp_path), "--output", out, "--tracking", file, "--max-rejected", "50%")
    assert ran.exit_code == 0, ran.output
    letters = [each for each in rejected(out) if each["field"] == "event"]
    assert len(letters) == 5
    assert letters[0]["record"] == json.loads(line(0, "noise"))


def test_a_typing_error_ends_before_there_is_a_manifest(tmp_path: Path) -> None:
    """In a dry run too."""
    out, file = tmp_path / "out", plan(tmp_path, PLAN.replace("email", "emial"))
    for where in (("--dry-run",), ("--output", str(out))):
        ran = split(export(tmp_path), *where, "--tracking", file, "--max-rejected", "10%")
        assert ran.exit_code == 1
        assert 'properties.emial: did you mean "email"?' in ran.output
    assert not (out / "_manifest.json").exists()


def test_what_is_missing_is_said_at_once(tmp_path: Path) -> None:
    """The key, and the file."""
    ran = split(export(tmp_path), "--dry-run", "--tracking", plan(tmp_path), key=None)
    assert (ran.exit_code, "export TRACKING_KEY=" in ran.output) == (1, True)
    ran = split(export(tmp_path), "--dry-run", "--tracking", tmp_path / "none.toml")
    assert (ran.exit_code, "none.toml can't be read" in ran.output) == (2, True)
