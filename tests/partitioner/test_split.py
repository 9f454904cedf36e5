"""`split`, from export to manifest."""

import gzip
import json
from pathlib import Path

import pytest

from partitioner.manifest import read_manifest
from tests.fakes.exports import AS_OF, ndjson, record, records, tree, varied_lines, write_varied_export
from tests.fakes.splitting import rejected, run_split, sent_lines, split_to

ECOM = Path(__file__).parent.parent / "data" / "ecom.ndjson.gz"


def test_a_real_export_is_counted_as_mixpanel_will_show_it(tmp_path: Path) -> None:
    """31,106 records, of which 30 are copies."""
    ran = run_split(ECOM, "--output", tmp_path / "chunks")
    assert ran.exit_code == 0
    assert "31,106 records in 1 chunk" in ran.out
    assert ran.out.endswith("Mixpanel will show 31,076\n")


@pytest.mark.parametrize("keep", [[], ["--keep-copies"]])
def test_the_number_of_workers_changes_nothing(tmp_path: Path, keep: list[str]) -> None:
    """Byte for byte, manifest and rejected records too."""
    export = write_varied_export(tmp_path / "export", 6_000)
    sizes = ["--records-per-chunk", "500", "--batch-records", "100", *keep]
    for workers in ("1", "3"):
        split_to(tmp_path / workers, export, "--workers", workers, *sizes)
    assert tree(tmp_path / "1") == tree(tmp_path / "3")


def test_every_line_is_sent_or_rejected(tmp_path: Path) -> None:
    """In order and unchanged, whatever the chunks; blank ones are neither."""
    lines = varied_lines(3_000)
    (tmp_path / "a.ndjson").write_bytes(ndjson(lines))
    report = split_to(tmp_path / "out", tmp_path / "a.ndjson", "--records-per-chunk", "700")
    sent = [json.loads(line) for line in sent_lines(tmp_path / "out")]
    refused = {each["line"] for each in rejected(tmp_path / "out")}
    good = [line for number, line in enumerate(lines, 1) if line and number not in refused]
    assert [each["properties"]["time"] for each in sent] == [
        json.loads(line)["properties"]["time"] for line in good
    ]
    assert (report["records"], report["rejected"]) == (len(good), len(refused))
    assert len(refused) == sum(
        line in {b"no record", b"\xff"} or b'"time"' not in line for line in lines if line
    )


def test_the_manifest_says_what_is_in_each_chunk(tmp_path: Path) -> None:
    """And where it came from."""
    (tmp_path / "a.ndjson").write_bytes(ndjson(records(5)))
    (tmp_path / "b.ndjson").write_bytes(ndjson(records(5, start=5)))
    out = tmp_path / "out"
    split_to(out, tmp_path / "a.ndjson", tmp_path / "b.ndjson", "--records-per-chunk", "7", "--name", "both")
    manifest = read_manifest(out)
    assert [chunk.records for chunk in manifest.chunks] == [7, 3]
    assert [(each.file[-8:], each.first_line, each.last_line) for each in manifest.chunks[0].sources] == [
        ("a.ndjson", 1, 5),
        ("b.ndjson", 1, 2),
    ]
    for chunk in manifest.chunks:
        data = (out / chunk.name).read_bytes()
        times = [json.loads(line)["properties"]["time"] for line in gzip.decompress(data).splitlines()]
        assert (chunk.bytes, chunk.json_bytes) == (len(data), len(gzip.decompress(data)))
        assert (chunk.first_time, chunk.last_time) == (min(times), max(times))
        assert chunk.name.startswith("both-0000")


def test_stdin_is_an_export(tmp_path: Path) -> None:
    """Plain or gzip; it has to be given a name."""
    data = ndjson(records(50))
    assert run_split("-", "--output", tmp_path / "none", stdin=data).exit_code == 2
    for number, stdin in enumerate((data, gzip.compress(data))):
        split_to(tmp_path / str(number), "-", "--name", "piped", stdin=stdin)
        assert sent_lines(tmp_path / str(number)) == records(50)


def test_what_is_rejected_can_be_mended_and_split_again(tmp_path: Path) -> None:
    """The folder of rejected records is an export."""
    (tmp_path / "a.ndjson").write_bytes(ndjson([record(1, time=None), record(2)]))
    split_to(tmp_path / "out", tmp_path / "a.ndjson", "--max-rejected", "1")
    letters = next((tmp_path / "out" / "_rejected").iterdir())
    mended = gzip.decompress(letters.read_bytes()).replace(
        b'"properties": {', b'"properties": {"time": 1710000001, '
    )
    letters.write_bytes(gzip.compress(mended))
    split_to(tmp_path / "again", letters.parent)
    (line,) = sent_lines(tmp_path / "again")
    assert json.loads(line) == json.loads(record(1))


def test_each_kept_copy_gets_an_id_of_its_own(tmp_path: Path) -> None:
    """A hash of its id, file and line; the first keeps its own, and so does everything else."""
    lines = [record(1), record(2), b"", record(1), record(3), record(1)]
    (tmp_path / "a.ndjson").write_bytes(ndjson(lines))
    report = split_to(tmp_path / "out", tmp_path / "a.ndjson", "--keep-copies", "--records-per-chunk", "2")
    assert (report["copies"], report["shows"], report["records"]) == (2, 5, 5)
    sent = sent_lines(tmp_path / "out")
    ids = [json.loads(line)["properties"]["$insert_id"] for line in sent]
    assert [ids[0], ids[1], ids[3]] == ["id-1", "id-2", "id-3"]
    assert len(set(ids)) == 5
    assert sent[2].replace(ids[2].encode(), b"id-1") == record(1) == sent[4].replace(ids[4].encode(), b"id-1")


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the folder; what it needs for a while is gone as well."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    export = write_varied_export(tmp_path / "export", 2_000)
    report = split_to(tmp_path / "out", export)
    ran = run_split(export, "--output", tmp_path / "dry", "--as-of", AS_OF, "--dry-run", "--json", "--quiet")
    assert json.loads(ran.out) == report | {"bytes": 0}
    assert not (tmp_path / "dry").exists()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(("share", "exit_code"), [("5%", 3), ("20%", 3), ("25%", 0), ("0.25", 0)])
def test_over_max_rejected_it_ends_with_3_when_all_is_written(
    tmp_path: Path, share: str, exit_code: int
) -> None:
    """And names the commonest reasons with three places; the manifest says so too."""
    lines = [*records(9), *[record(number, time=None) for number in range(3)]]
    (tmp_path / "a.ndjson").write_bytes(ndjson(lines))
    arguments = (tmp_path / "a.ndjson", "--output", tmp_path / "out", "--max-rejected", share)
    ran = run_split(*arguments)
    assert ran.exit_code == exit_code
    assert read_manifest(tmp_path / "out").over_max_rejected == (exit_code == 3)
    assert len(sent_lines(tmp_path / "out")) == 9
    if exit_code:
        assert "25.00% of all lines were rejected" in ran.err
        assert (
            f"must not be missing  ({', '.join(f'{tmp_path}/a.ndjson:{line}' for line in (10, 11, 12))})"
            in ran.err
        )
    assert run_split(*arguments).exit_code == exit_code


def test_damage_is_named_and_all_before_it_sent(tmp_path: Path) -> None:
    """A cut-off download is neither refused nor taken for whole."""
    data = gzip.compress(ndjson(records(3_000)))
    (tmp_path / "a.ndjson.gz").write_bytes(data[: len(data) // 2])
    ran = run_split(tmp_path / "a.ndjson.gz", "--output", tmp_path / "out")
    assert ran.exit_code == 0
    assert f"damaged: {tmp_path}/a.ndjson.gz, from line" in ran.out
    sent = sent_lines(tmp_path / "out")
    assert sent == records(len(sent))
    assert len(sent) > 1_000
    assert [each["line"] for each in rejected(tmp_path / "out")] == [len(sent) + 1]


def test_what_is_skipped_is_named(tmp_path: Path) -> None:
    """At the beginning and at the end."""
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "a.ndjson").write_bytes(ndjson(records(5)))
    (tmp_path / "export" / "b.html").write_bytes(b"<html>\n")
    (tmp_path / "export" / "empty").touch()
    ran = run_split(tmp_path / "export", "--output", tmp_path / "out")
    for said in (ran.out, ran.err):
        assert f"skipped: {tmp_path}/export/b.html: looks like XML or HTML" in said
        assert f"skipped: {tmp_path}/export/empty: empty" in said


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.html", b"<html>\n", "looks like XML or HTML. What can be split is NDJSON, JSON arrays, CSV"),
        ("a.xz", b"\xfd7zXZ\x00", "Try: xz -dc {} | python -m partitioner split - "),
        ("empty", b"\n\n", "there is nothing to split"),
        ("a.gz", gzip.compress(b"SQLite format 3\0", mtime=0), "looks like an SQLite database"),
    ],
    ids=["html", "xz", "empty", "gz"],
)
def test_a_file_that_is_no_export_is_refused_by_name(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    """With what it looks like, what can be split, and a way."""
    (tmp_path / name).write_bytes(data)
    ran = run_split(tmp_path / name, "--output", tmp_path / "out")
    assert ran.exit_code == 1
    assert said.format(tmp_path / name) in ran.err
    assert not (tmp_path / "out").exists()


def test_quiet_says_nothing(tmp_path: Path) -> None:
    """Where all is well."""
    (tmp_path / "a.ndjson").write_bytes(ndjson(records(5)))
    ran = run_split(tmp_path / "a.ndjson", "--output", tmp_path / "out", "--quiet")
    assert (ran.exit_code, ran.out, ran.err) == (0, "", "")


def test_the_future_begins_at_as_of(tmp_path: Path) -> None:
    """Up to an hour behind it is allowed."""
    (tmp_path / "a.ndjson").write_bytes(
        ndjson(record(0, time=1709294400 + ahead) for ahead in (0, 3_600, 3_601))
    )
    arguments = ("--as-of", "2024-03-01T12:00:00Z", "--max-rejected", "1", "--output", tmp_path / "out")
    assert run_split(tmp_path / "a.ndjson", *arguments).exit_code == 0
    assert [each["line"] for each in rejected(tmp_path / "out")] == [3]
