"""`split --windows`, `--canary`, `--since` and `--until`, from export to manifest."""

import gzip
import json
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partitioner.manifest import VERSION, WINDOWS_VERSION, read_manifest
from tests.fakes.exports import AS_OF, TIME_SECONDS, ndjson, record, tree, varied_lines
from tests.fakes.splitting import rejected, run_split, sent_lines, split_to

DAY_SECONDS = 86_400
NOW = int(datetime.fromisoformat(AS_OF).replace(tzinfo=UTC).timestamp())
SMALL = ["--records-per-chunk", "50", "--batch-records", "20"]


def aged(number: int, days: float, **properties: object) -> bytes:
    return record(number, time=int(NOW - days * DAY_SECONDS), **properties)


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(ndjson(lines))
    return path


def mixed(count: int) -> list[bytes]:
    """Of all windows in turn, with a flaw now and then."""
    ages = (0.5, 3, 12, 40, 400, 1000)
    return [
        b"noise" if number % 97 == 96 else aged(number, ages[number % len(ages)]) for number in range(count)
    ]


def times_of(path: Path) -> list[int]:
    return [
        json.loads(line)["properties"]["time"] for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def test_each_window_has_a_folder_newest_first(tmp_path: Path) -> None:
    """The manifest's chunks are in the order of import; each holds records of its window alone."""
    export = write(tmp_path / "a.ndjson", mixed(600))
    report = split_to(tmp_path / "out", export, *SMALL, "--windows", "7d,30d,rest")
    manifest = read_manifest(tmp_path / "out")
    assert manifest.version == WINDOWS_VERSION
    assert [window.folder for window in manifest.windows] == ["01-7d/", "02-30d/", "03-rest/"]
    assert [name for window in manifest.windows for name in window.chunks] == [
        chunk.name for chunk in manifest.chunks
    ]
    assert sorted(manifest.chunks, key=lambda chunk: chunk.name) == list(manifest.chunks)
    for window in manifest.windows:
        for name in window.chunks:
            assert name.startswith(window.folder)
            for time in times_of(tmp_path / "out" / name):
                assert window.since is None or window.since <= time
                assert window.until is None or time < window.until
    assert sum(each["records"] for each in report["windows"]) == report["records"] == 600 - 6


def test_chunks_are_as_full_as_without_windows(tmp_path: Path) -> None:
    """All of a window but the canary and its last have --records-per-chunk records."""
    export = write(tmp_path / "a.ndjson", mixed(1_200))
    split_to(tmp_path / "out", export, *SMALL, "--windows", "7d,30d,rest")
    manifest = read_manifest(tmp_path / "out")
    records = {chunk.name: chunk.records for chunk in manifest.chunks}
    for window in manifest.windows:
        counts = [records[name] for name in window.chunks if name != manifest.canary]
        assert set(counts[:-1]) <= {50}
        assert counts


def test_a_chunk_is_what_the_manifest_says(tmp_path: Path) -> None:
    """Bytes, inflated bytes, first and last time, and where its records stood."""
    lines = mixed(500)
    export = write(tmp_path / "a.ndjson", lines)
    split_to(tmp_path / "out", export, *SMALL, "--windows", "7d,30d,rest")
    for chunk in read_manifest(tmp_path / "out").chunks:
        path = tmp_path / "out" / chunk.name
        data, times = gzip.decompress(path.read_bytes()), times_of(path)
        assert (chunk.bytes, chunk.json_bytes) == (path.stat().st_size, len(data))
        assert (chunk.records, chunk.first_time, chunk.last_time) == (len(times), min(times), max(times))
        places = [lines.index(line) + 1 for line in data.splitlines()]
        assert all(
            any(each.first_line <= place <= each.last_line for each in chunk.sources) for place in places
        )


@pytest.mark.parametrize("keep", [[], ["--keep-copies"]])
def test_the_number_of_workers_changes_nothing(tmp_path: Path, keep: list[str]) -> None:
    """Byte for byte, canary, manifest and rejected records too."""
    export = write(tmp_path / "a.ndjson", mixed(900) + mixed(300))
    for workers in ("1", "3"):
        split_to(tmp_path / workers, export, "--workers", workers, *SMALL, "--windows", "1d,7d,rest", *keep)
    assert tree(tmp_path / "1") == tree(tmp_path / "3")


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-0.04, 1_200), st.sampled_from(("seen", "bought", "left")), st.booleans()),
        max_size=150,
    ),
    st.sampled_from(("1", "2")),
    st.integers(1, 40),
)
def test_any_records_come_out_exactly_once(
    drawn: list[tuple[float, str, bool]], workers: str, records_per_chunk: int
) -> None:
    """Whatever their times and names, and whoever is at work."""
    lines = [
        aged(number, days).replace(b'"seen"', b'"%s"' % event.encode()) if is_good else b"noise"
        for number, (days, event, is_good) in enumerate([(1.0, "seen", True), *drawn])
    ]
    with tempfile.TemporaryDirectory() as folder:
        export = write(Path(folder) / "a.ndjson", lines)
        split_to(
            Path(folder) / "out",
            export,
            *("--windows", "7d,30d,rest", "--workers", workers, "--max-rejected", "1"),
            *("--records-per-chunk", str(records_per_chunk)),
        )
        good = [line for line in lines if line != b"noise"]
        assert Counter(sent_lines(Path(folder) / "out")) == Counter(good)


def test_without_windows_nothing_is_another(tmp_path: Path) -> None:
    """Chunks in the folder itself, of the first version, without a canary."""
    export = write(tmp_path / "a.ndjson", mixed(300))
    split_to(tmp_path / "out", export, *SMALL)
    manifest = read_manifest(tmp_path / "out")
    assert (manifest.version, manifest.windows, manifest.canary) == (VERSION, (), "")
    assert not [path for path in (tmp_path / "out").iterdir() if path.is_dir() and path.name != "_rejected"]


@pytest.mark.parametrize("options", [["--windows", "7d,30d,rest"], ["--canary"]])
def test_the_canary_is_the_first_chunk_and_has_of_every_event(tmp_path: Path, options: list[str]) -> None:
    """At most 2,000 records, of the newest window alone, each in no other chunk."""
    lines = [
        aged(number, 1 + number % 60).replace(b'"seen"', b'"rare"' if number % 1000 == 0 else b'"often"')
        for number in range(6_000)
    ]
    report = split_to(tmp_path / "out", write(tmp_path / "a.ndjson", lines), *options)
    manifest = read_manifest(tmp_path / "out")
    assert manifest.canary == manifest.chunks[0].name
    assert report["canary"] == manifest.chunks[0].records <= 2_000
    sent = gzip.decompress((tmp_path / "out" / manifest.canary).read_bytes()).splitlines()
    newest = [line for line in lines if "--canary" in options or (1 + lines.index(line) % 60) <= 7]
    events = Counter(json.loads(line)["event"] for line in sent)
    assert events["rare"] == sum(b'"rare"' in line for line in newest) > 0
    assert set(sent) <= set(newest)
    assert Counter(sent_lines(tmp_path / "out")) == Counter(lines)


def test_a_canary_is_of_the_newest_window_that_has_records(tmp_path: Path) -> None:
    """An old export has nothing in its first window."""
    export = write(tmp_path / "a.ndjson", [aged(number, 20) for number in range(30)])
    split_to(tmp_path / "out", export, "--windows", "7d,30d,rest")
    manifest = read_manifest(tmp_path / "out")
    assert manifest.canary.startswith("02-30d/")
    assert [window.records for window in manifest.windows] == [0, 30, 0]
    assert len(manifest.chunks) == 1


def test_each_kept_copy_gets_the_id_that_it_gets_without_windows(tmp_path: Path) -> None:
    """And is counted the same."""
    export = write(tmp_path / "a.ndjson", varied_lines(800))
    common = ["--max-rejected", "1", "--keep-copies", "--records-per-chunk", "100"]
    plain = split_to(tmp_path / "plain", export, *common)
    joined = split_to(tmp_path / "joined", export, *common, "--windows", "7d,30d,rest")
    assert plain["copies"] == joined["copies"] > 0
    assert Counter(sent_lines(tmp_path / "plain")) == Counter(sent_lines(tmp_path / "joined"))


def test_copies_in_two_windows_are_copies(tmp_path: Path) -> None:
    """They are of one day, which --as-of at noon divides."""
    lines = [record(number, time=NOW - 6 * 3_600 + seconds) for number in (1, 2) for seconds in (0, 1)]
    export = write(tmp_path / "a.ndjson", lines)
    report = split_to(tmp_path / "out", export, "--windows", "6h,rest")
    assert [window["records"] for window in report["windows"]] == [4, 0]
    assert (report["copies"], report["shows"]) == (2, 2)
    lines = [record(number, time=NOW - 6 * 3_600 - seconds) for number in (1, 2) for seconds in (0, 1)]
    report = split_to(tmp_path / "two", write(tmp_path / "b.ndjson", lines), "--windows", "6h,rest")
    assert [window["records"] for window in report["windows"]] == [2, 2]
    assert (report["copies"], report["shows"]) == (2, 2)


@pytest.mark.parametrize("options", [[], ["--windows", "7d,rest"], ["--canary", "--keep-copies"]])
def test_a_dry_run_says_the_same(tmp_path: Path, options: list[str]) -> None:
    """But the size of what it doesn't write."""
    export = write(tmp_path / "a.ndjson", mixed(700))
    options = [*SMALL, *options, "--since", str(NOW - 500 * DAY_SECONDS)]
    report = split_to(tmp_path / "out", export, *options)
    ran = run_split(export, "--as-of", AS_OF, "--dry-run", "--json", "--quiet", *options)
    assert json.loads(ran.out) == report | {"bytes": 0}


@pytest.mark.parametrize("options", [[], ["--windows", "7d,30d,rest"]])
def test_records_of_another_time_are_left_out_and_counted(tmp_path: Path, options: list[str]) -> None:
    """[since, until): not sent, not rejected; flaws are told all the same."""
    lines = mixed(600)
    export = write(tmp_path / "a.ndjson", lines)
    since, until = NOW - 40 * DAY_SECONDS, NOW - 3 * DAY_SECONDS
    report = split_to(
        tmp_path / "out", export, *SMALL, "--since", str(since), "--until", str(until), *options
    )

    def time_of(line: bytes) -> int:
        return int(json.loads(line)["properties"]["time"])

    inside = [line for line in lines if line != b"noise" and since <= time_of(line) < until]
    assert Counter(sent_lines(tmp_path / "out")) == Counter(inside)
    assert report["outside"] == len(lines) - len(inside) - report["rejected"]
    assert report["rejected"] == len(rejected(tmp_path / "out")) == lines.count(b"noise")
    manifest = read_manifest(tmp_path / "out")
    assert (manifest.outside, manifest.records) == (report["outside"], len(inside))


def test_dates_are_times(tmp_path: Path) -> None:
    """A day from its beginning to its end; said in words, too."""
    lines = [record(number, time=TIME_SECONDS + number * DAY_SECONDS) for number in range(5)]
    export = write(tmp_path / "a.ndjson", lines)
    ran = run_split(
        *(export, "--output", tmp_path / "out", "--as-of", AS_OF),
        *("--since", "2024-03-10", "--until", "2024-03-12"),
    )
    assert sent_lines(tmp_path / "out") == lines[1:3]
    assert "outside --since and --until: 3 records left out" in ran.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "2024-03-12", "--until", "2024-03-12"], "--since isn't before --until"),
        (["--windows", "7d,30d"], "end it with rest, like 7d,30d,rest"),
        (["--since", "yesterday"], "a time like 2024-03-01"),
    ],
)
def test_mistakes_are_a_matter_of_usage(tmp_path: Path, options: list[str], said: str) -> None:
    """Exit 2, with what to say instead, and nothing is written."""
    export = write(tmp_path / "a.ndjson", mixed(5))
    ran = run_split(export, "--output", tmp_path / "out", *options)
    assert (ran.exit_code, (tmp_path / "out").exists()) == (2, False)
    assert said in ran.err.replace("\n", " ")


def test_another_choice_of_windows_is_another_split(tmp_path: Path) -> None:
    """Its folder is taken; the difference is named."""
    export = write(tmp_path / "a.ndjson", mixed(50))
    split_to(tmp_path / "out", export, "--windows", "7d,rest")
    ran = run_split(export, "--output", tmp_path / "out", "--as-of", AS_OF, "--windows", "7d,30d,rest")
    assert ran.exit_code == 1
    assert "--windows was 7d,rest, now is 7d,30d,rest" in ran.err


def test_what_is_said_for_people(tmp_path: Path) -> None:
    """Each window with its records, chunks and days; what the work needs; what comes next."""
    export = write(tmp_path / "a.ndjson", [aged(1, 2), aged(2, 3), aged(3, 800)])
    ran = run_split(export, "--output", tmp_path / "out", "--as-of", AS_OF, "--windows", "7d,30d,rest")
    assert "01-7d/       2 records in 1 chunk, of 2024-05-29 to 2024-05-30\n" in ran.out
    assert "02-30d/      no records\n" in ran.out
    assert "03-rest/     1 record in 1 chunk, of 2022-03-24\n" in ran.out
    assert "the first chunk is a canary of 2 records" in ran.out
    assert "1.4 times the room of the chunks" in ran.err


def test_a_complete_split_is_left_alone(tmp_path: Path) -> None:
    """The same command has nothing to do; a chunk that is missing is named."""
    export = write(tmp_path / "a.ndjson", mixed(200))
    arguments: list[Any] = [export, "--output", tmp_path / "out", "--as-of", AS_OF, "--windows", "7d,rest"]
    assert run_split(*arguments).exit_code == 0
    before = tree(tmp_path / "out")
    assert "nothing was left to do" in run_split(*arguments).err
    assert tree(tmp_path / "out") == before
    (tmp_path / "out" / read_manifest(tmp_path / "out").chunks[-1].name).unlink()
    assert run_split(*arguments).exit_code == 1
