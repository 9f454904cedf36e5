"""`check`, from an export to findings and a plan that `split` takes."""

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from partitioner.check.profile import MAX_EVENTS
from partitioner.cli import main
from partitioner.tracking.load import load_plan
from tests.fakes.exports import AS_OF, TIME_SECONDS, ndjson, record, records

ECOM = Path(__file__).parents[2] / "data" / "ecom.ndjson.gz"
SECRETS = ("jane", "roe", "example.com", "4111", "192.168", "555-2671", "1 Long Street", "078-05-1120")


def check(*arguments: str | Path, stdin: bytes = b"", as_of: str = AS_OF) -> Result:
    ran = CliRunner().invoke(main, ["check", *map(str, arguments), "--as-of", as_of], input=stdin)
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return ran


def found_in(*arguments: str | Path, as_of: str = AS_OF) -> dict[str, Any]:
    ran = check(*arguments, "--json", "--no-plan", "--quiet", as_of=as_of)
    assert ran.exit_code == 0, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def written(tmp_path: Path, *lines: bytes) -> Path:
    path = tmp_path / "export.ndjson"
    path.write_bytes(ndjson(lines))
    return path


def findings(tmp_path: Path, *lines: bytes) -> dict[tuple[str, str], str]:
    """Messages by kind and what they are of."""
    found = found_in(written(tmp_path, *lines))
    return {(each["kind"], each["of"]): each["message"] for each in found["findings"]}


def named(event: str, number: int = 0) -> bytes:
    return json.dumps({**json.loads(record(number)), "event": event}).encode()


def test_a_real_export_is_said_in_tables(tmp_path: Path) -> None:
    """All of it, since it is small; its ids are masked, its categories are not."""
    ran = check(ECOM, "--tracking", tmp_path / "plan.toml", as_of="2024-07-01")
    assert ran.exit_code == 0
    said = [line.split() for line in ran.stdout.splitlines()]
    for line in (
        "31,106 of 31,106 rows were read: all of them",
        "31,106 records (6.6 MB of JSON) from 2024-01-04 to 2024-06-29",
        "product_view 6,851 22.0% 7",
        "distinct_id 31,106 100.0% text 614 u***",
        "platform 31,106 100.0% text 3 desktop, mobile, tablet",
        "nothing was found that speaks against sending it",
    ):
        assert line.split() in said
    assert f"a plan is proposed in {tmp_path}/plan.toml" in ran.stderr


def personal_export(tmp_path: Path, count: int = 40) -> Path:
    lines = [
        record(
            number,
            email=f"jane.{number % 30}@example.com",
            contact="call (415) 555-2671",
            payment="4111 1111 1111 1111",
            source="192.168.17.4",
            last_name="roe",
            shipping_address="1 Long Street",
            ssn="078-05-1120",
            comment=f"this is what I think, number {number}: jane likes it",
            review="jane thinks of it, " * 7 + str(number),
            **{f"key of jane{number % 2}@example.com": "x"},
        )
        for number in range(count)
    ]
    return written(tmp_path, *lines, named("mail to jane@example.com"))


def test_personal_data_is_found_and_proposed_to_be_hashed(tmp_path: Path) -> None:
    """By values and by names; what people wrote is cut or dropped."""
    export, file = personal_export(tmp_path), tmp_path / "plan.toml"
    found = found_in(export)
    kinds = {(each["of"], each["kind"]) for each in found["findings"]}
    personal = ("email", "contact", "payment", "source", "last_name", "shipping_address", "ssn")
    assert kinds >= {(name, "personal data") for name in personal}
    assert ("comment", "user-generated text") in kinds
    assert check(export, "--tracking", file).exit_code == 0
    properties = load_plan(file).rules.properties
    assert {properties[name] for name in personal} == {"hash"}
    assert (properties["comment"], properties["review"]) == ("drop", "truncate=100")
    assert "# personal data: e-mail addresses in 40 of 40 values\nemail =" in file.read_text()


@pytest.mark.parametrize("options", [[], ["--json"], ["--all"]])
def test_no_personal_value_is_shown(tmp_path: Path, options: list[str]) -> None:
    """Neither on the screen, nor in JSON, nor in the plan; nor where it is a name."""
    file = tmp_path / "plan.toml"
    ran = check(personal_export(tmp_path), "--tracking", file, *options)
    said = ran.output.replace(str(tmp_path), "") + file.read_text().replace(str(tmp_path), "")
    assert "j***@e***.com" in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_the_proposed_plan_is_one_that_split_takes(tmp_path: Path) -> None:
    """With a key, as it says itself."""
    export, file = personal_export(tmp_path), tmp_path / "plan.toml"
    assert check(export, "--tracking", file).exit_code == 0
    arguments = ["split", str(export), "--dry-run", "--tracking", str(file)]
    ran = CliRunner().invoke(main, arguments, env={"TRACKING_KEY": "0123456789abcdef"})
    assert ran.exit_code == 0, ran.output
    assert '40  properties.email = "hash"' in ran.stdout
    assert "export TRACKING_KEY=" in file.read_text()


def test_a_plan_that_is_there_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, it is refused before anything is read; the usual one is left, and that is said."""
    monkeypatch.chdir(tmp_path)
    export = written(tmp_path, *records(3))
    assert check(export).exit_code == 0
    before = Path("tracking.toml").read_text()
    Path("tracking.toml").write_text("# mine")
    ran = check(export)
    assert (ran.exit_code, "was there already" in ran.stderr) == (0, True)
    ran = check(export, "--tracking", "tracking.toml")
    assert (ran.exit_code, "there already" in ran.stderr) == (1, True)
    assert Path("tracking.toml").read_text() == "# mine"
    assert check(export, "--force").exit_code == 0
    assert Path("tracking.toml").read_text() == before


def test_findings_about_values(tmp_path: Path) -> None:
    """High cardinality, large objects, mixed types, texts that are cut."""
    found = findings(
        tmp_path,
        *(
            record(number, session=f"s{number}", orderId=number, price=number, mixed=1 if number % 9 else "1")
            for number in range(1_200)
        ),
        record(1, big=["x" * 5_000, "y" * 5_000], long="z" * 300),
    )
    assert "values in 1,200" in found["high cardinality", "session"]
    assert ("high cardinality", "orderId") in found
    assert ("high cardinality", "price") not in found
    assert found["mixed types", "mixed"] == "number 1,066, text 134"
    assert found["large objects", "big"].startswith("lists or objects of up to 10,007 bytes")
    assert found["limit", "long"].startswith("texts of up to 300 characters")
    assert ("high cardinality", "mixed") not in found
    assert ("high cardinality", "time") not in found


def test_findings_about_names(tmp_path: Path) -> None:
    """That differ by case only, of events and of properties; that are cut."""
    found = findings(
        tmp_path,
        *(named("Sign Up"), named("sign up")),
        *(record(1, userId=1), record(2, userid=1), record(3, **{"n" * 300: 1})),
    )
    assert found["case", "Sign Up"] == 'event names that differ by case only: "Sign Up", "sign up"'
    assert found["case", "userId"].startswith("property names that differ")
    assert found["limit", ""] == "names of over 255 characters; Mixpanel cuts them there"


def test_findings_about_times_and_rejections(tmp_path: Path) -> None:
    """Older than is kept, in the future, and what the rules refuse, each with its places."""
    year = 365 * 86_400
    export = written(
        tmp_path,
        record(1),
        *(record(number, time=TIME_SECONDS - 3 * year) for number in range(2)),
        record(2, time=TIME_SECONDS - 6 * year),
        record(3, time=TIME_SECONDS + year),
        b"no record",
    )
    found = found_in(export)
    messages = [each["message"] for each in found["findings"]]
    assert "3 records are older than 2 years, which is what Mixpanel keeps by default" in messages
    assert any(each.startswith("1 records are older than 5 years") for each in messages)
    assert any(each.endswith(f"must not be in the future ({export}:5)") for each in messages)
    assert (found["records"], found["rejected"]) == (4, 2)
    assert {each["message"]: each["count"] for each in found["reasons"]} == {
        "'properties.time' is invalid: must not be in the future": 1,
        "must be properly formatted JSON: one object on one line": 1,
    }


@pytest.mark.slow
def test_hot_ids_are_found(tmp_path: Path) -> None:
    """More than 200,000 on one day, also where they are a sample's share of that; not spread over days."""
    day = TIME_SECONDS // 86_400 * 86_400
    lines = (
        b'{"event":"e","properties":{"time":%d,"distinct_id":"%s"}}\n'
        % (day + (number % 86_400 if number % 2 else number % 9 * 86_400), b"bot" if number % 2 else b"many")
        for number in range(420_000)
    )
    export = tmp_path / "export.ndjson.gz"
    export.write_bytes(gzip.compress(b"".join(lines), 1))
    for options in ([], ["--all"]):
        found = found_in(export, *options)
        assert (found["share"] == 1) == bool(options)
        hot = [(each["day"], each["distinct_id"]) for each in found["hot_distinct_ids"]]
        assert hot == [("2024-03-09", "bot")]
        assert abs(found["hot_distinct_ids"][0]["records"] - 210_000) < 2_000


def test_more_names_than_mixpanel_takes_are_counted_together(tmp_path: Path) -> None:
    """And that is said."""
    found = found_in(written(tmp_path, *(named(f"event {number}") for number in range(MAX_EVENTS + 50))))
    assert len(found["events"]) == MAX_EVENTS
    assert found["records_of_other_events"] == 50
    assert any("more than 5,000 names of events" in each["message"] for each in found["findings"])


@pytest.mark.slow
def test_a_sample_is_spread_over_the_export_and_says_its_share(tmp_path: Path) -> None:
    """Its records are about that share; whatever the number of workers, it is the same one."""
    chance = random.Random(1)
    lines = [record(number, pad="x" * chance.randrange(10)) for number in range(130_000)]
    export = written(tmp_path, *lines)
    one, three = (found_in(export, "--workers", workers) for workers in ("1", "3"))
    assert one == three
    assert one["rows"] == 130_000
    assert one["rows_read"] == 80_000
    assert one["share"] == one["rows_read"] / one["rows"]
    assert found_in(export, "--all")["records"] == 130_000


@pytest.mark.parametrize("form", ["plain", "gzip", "stdin"])
def test_every_source_gives_the_same(tmp_path: Path, form: str) -> None:
    """Nothing is left behind where it was read."""
    data = ndjson(records(100))
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(data) if form == "gzip" else data)
    source, stdin = ("-", data) if form == "stdin" else (path, b"")
    ran = check(source, "--json", "--no-plan", "--quiet", stdin=stdin)
    assert json.loads(ran.stdout)["properties"][0] == {
        "name": "time",
        "values": 100,
        "empty": 0,
        "fill": 1.0,
        "types": {"number": 100},
        "distinct": 100,
        "examples": [str(TIME_SECONDS + number) for number in range(3)],
        "proposal": "keep",
    }
    assert [each.name for each in tmp_path.iterdir()] == ["export"]


def test_rows_of_another_shape_are_checked_as_the_records_they_become(tmp_path: Path) -> None:
    """With the options that split has; without them the command says which are missing."""
    rows = [
        json.dumps({"name": "Buy", "at": "2024-03-13 10:21:14", "who": f"u{n}"}).encode() for n in range(5)
    ]
    export = written(tmp_path, *rows, b'{"name":"Buy","at":"never","who":"u"}')
    mapped = ("--map", "event=name", "--map", "time=at", "--map", "distinct_id=who")
    found = found_in(export, *mapped, "--timezone", "UTC")
    assert [(each["name"], each["records"]) for each in found["events"]] == [("Buy", 5)]
    assert {each["name"] for each in found["properties"]} == {"time", "distinct_id"}
    assert (found["records"], found["rejected"]) == (5, 1)
    assert found["reasons"][0]["field"] == "properties.time"
    ran = check(export, *mapped, "--no-plan")
    assert (ran.exit_code, "--timezone" in ran.stderr) == (1, True)


def test_a_vendors_export_is_recognised(tmp_path: Path) -> None:
    """And that is said."""
    ran = check(ECOM.parent / "presets" / "amplitude" / "input.ndjson", "--no-plan")
    assert ran.exit_code == 0
    assert "amplitude" in ran.stderr


def test_damage_and_what_is_skipped_is_said(tmp_path: Path) -> None:
    """And all that can be read is checked."""
    folder = tmp_path / "exports"
    folder.mkdir()
    lines = [record(number, pad=os.urandom(50).hex()) for number in range(2_000)]
    (folder / "a.ndjson.gz").write_bytes(gzip.compress(ndjson(lines))[:-20_000])
    (folder / "notes.txt").write_bytes(b"no records")
    ran = check(folder, "--no-plan")
    assert ran.exit_code == 0
    assert f"damaged: {folder}/a.ndjson.gz, from line" in ran.stdout
    assert f"skipped: {folder}/notes.txt" in ran.stdout


@pytest.mark.slow
def test_damage_is_said_also_where_a_sample_passes_it_by(tmp_path: Path) -> None:
    """The end of the file is in no piece that is read."""
    export = tmp_path / "export.ndjson.gz"
    export.write_bytes(gzip.compress(ndjson(records(135_000)), 1)[:-100])
    found = found_in(export)
    assert found["rows_read"] == 80_000
    assert [each["file"] for each in found["damages"]] == [str(export)]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """With the exit of the user's own data."""
    ran = check(tmp_path / "none")
    assert ran.exit_code == 1
    assert "none" in ran.stderr


def test_help_ends_in_lines_to_paste() -> None:
    """As every command's."""
    last = check("--help").stdout.splitlines()[-3:]
    assert all(line.startswith("    python -m partitioner check ") for line in last)
