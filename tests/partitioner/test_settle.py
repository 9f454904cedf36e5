"""With --keep-copies, later copies get ids of their own."""

import json
from pathlib import Path

from function.members import json_bytes_of
from partitioner.copies import read_members
from partitioner.jobs import Sample
from partitioner.settle import own_id
from tests.fakes.exports import ndjson, record, varied_lines
from tests.fakes.splitting import sent_lines, split_to


def ids_of(output: Path) -> list[str]:
    return [json.loads(line)["properties"]["$insert_id"] for line in sent_lines(output)]


def test_an_id_depends_on_the_copys_id_file_and_line_alone(tmp_path: Path) -> None:
    """Not on chunks, batches or workers."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(ndjson(varied_lines(1_000)))
    found = []
    for number, sizes in enumerate((["1000", "2000"], ["77", "10"], ["300", "2000"])):
        out = tmp_path / f"out-{number}"
        split_to(out, export, "--keep-copies", "--records-per-chunk", sizes[0], "--batch-records", sizes[1])
        found.append(ids_of(out))
    assert found[0] == found[1] == found[2]
    assert len(set(found[0])) == len(found[0])


def test_the_id_of_a_copy_is_the_hash_of_its_place(tmp_path: Path) -> None:
    """The line is the input's, whatever was rejected or blank before it."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(ndjson([record(1), b"", b"noise", record(2), record(1)]))
    split_to(tmp_path / "out", export, "--keep-copies", "--max-rejected", "1")
    assert ids_of(tmp_path / "out") == ["id-1", "id-2", own_id("id-1", Sample(str(export), 5))]


def test_a_second_run_finds_no_copies_in_what_the_first_kept(tmp_path: Path) -> None:
    """That is what it was for; nothing else of a record has changed."""
    (tmp_path / "a.ndjson").write_bytes(ndjson(varied_lines(1_000)))
    split_to(tmp_path / "out", tmp_path / "a.ndjson", "--keep-copies")
    plain = split_to(tmp_path / "plain", tmp_path / "a.ndjson")
    (tmp_path / "b.ndjson").write_bytes(ndjson(sent_lines(tmp_path / "out")))
    again = split_to(tmp_path / "again", tmp_path / "b.ndjson")
    assert (again["copies"], again["added"]["insert_ids"]) == (0, 0)
    assert plain["copies"] > 0
    assert len(sent_lines(tmp_path / "out")) == len(sent_lines(tmp_path / "plain"))
    for kept, sent in zip(sent_lines(tmp_path / "out"), sent_lines(tmp_path / "plain"), strict=True):
        ours, theirs = json.loads(kept), json.loads(sent)
        del ours["properties"]["$insert_id"], theirs["properties"]["$insert_id"]
        assert ours == theirs


def test_a_copys_batch_is_cut_anew_where_its_id_has_grown(tmp_path: Path) -> None:
    """No batch goes over its limit for it."""
    lines = [record(1, **{"$insert_id": "x"})] * 40
    (tmp_path / "a.ndjson").write_bytes(ndjson(lines))
    limit = len(ndjson(lines[:10]))
    split_to(tmp_path / "out", tmp_path / "a.ndjson", "--keep-copies", "--batch-bytes", str(limit))
    assert len(set(ids_of(tmp_path / "out"))) == 40
    (chunk,) = (tmp_path / "out").glob("*.gz")
    assert all(json_bytes_of(member) <= limit for _, _, member in read_members(chunk))
