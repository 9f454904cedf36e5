"""What stands in the state bucket can be read by people, and by us again, exactly."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.errors import UnreadableState
from function.state import (
    Control,
    DeadLetter,
    Entry,
    Position,
    Status,
    dead_letters_folder,
    dead_letters_name,
    decode_dead_letter,
    decode_entry,
    destination_of,
    encode_dead_letter,
    encode_entry,
    is_chunk_name,
    ledger_name,
)

COUNTS = st.integers(0, 2**53)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)) | st.none()  # noqa: DTZ001 (naive bounds are asked for)
POSITIONS = st.builds(Position, COUNTS, COUNTS, COUNTS, st.integers(0, 2**32 - 1))
ENTRIES = st.builds(
    Entry,
    status=st.sampled_from(Status),
    attempts=COUNTS,
    vanished=COUNTS,
    alone=st.booleans(),
    owner=st.text(),
    sequence=COUNTS,
    lease_until=MOMENTS,
    checkpoint=POSITIONS,
    control=st.none() | st.builds(Control, POSITIONS, COUNTS, st.text()),
    records=COUNTS,
    accepted=COUNTS,
    rejected=COUNTS,
    dead_letters=st.lists(st.text(), max_size=3).map(tuple),
    crc32c=st.text(),
    size=COUNTS,
    generation=COUNTS,
    started=MOMENTS,
    updated=MOMENTS,
    finished=MOMENTS,
    custom_time=MOMENTS,
    message=st.text(),
)
ENTRY = Entry(
    status=Status.DEFERRED, records=3, accepted=2, rejected=1, crc32c="AAAAAA==", size=9, generation=7
)


@given(ENTRIES)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert decode_entry(encode_entry(entry)) == entry


def test_an_entry_reads_well() -> None:
    """Indented, with the names of the design, times in RFC 3339 and UTC, counts as numbers."""
    at = datetime(2026, 8, 1, 12, 30, tzinfo=UTC)
    text = encode_entry(Entry(status=Status.DONE, crc32c="x", size=9, generation=7, custom_time=at)).decode()
    assert '\n  "status": "done",\n' in text
    assert text.endswith("}\n")
    fields = json.loads(text)
    assert fields["custom_time"] == "2026-08-01T12:30:00Z"
    assert fields["checkpoint"] == {"offset": 0, "inflated": 0, "line": 0, "crc32c": 0}
    assert list(fields) == [
        *("status", "attempts", "vanished", "alone", "owner", "sequence", "lease_until", "checkpoint"),
        *("control", "records", "accepted", "rejected", "dead_letters", "crc32c", "size", "generation"),
        *("started", "updated", "finished", "custom_time", "message", "previous", "version"),
    ]


def test_previous_is_one_level_deep() -> None:
    """A chunk uploaded a hundred times has an entry of two levels."""
    first = Entry(status=Status.DONE, crc32c="a", size=1, generation=1)
    second = Entry(status=Status.DONE, crc32c="b", size=2, generation=2, previous=first)
    third = decode_entry(
        encode_entry(Entry(status=Status.DONE, crc32c="c", size=3, generation=3, previous=second))
    )
    assert third.previous is not None
    assert (third.previous.generation, third.previous.previous) == (2, None)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "version 2, this program reads version 1"),
        ({"version": "1"}, "version"),
        ({"status": "finished"}, "status"),
        ({"records": "3"}, "records"),
        ({"records": -1}, "records"),
        ({"records": 2.5}, "records"),
        ({"alone": "no"}, "alone"),
        ({"lease_until": "tomorrow"}, "lease_until"),
        ({"lease_until": "2026-08-01T12:30:00"}, "lease_until"),
        ({"checkpoint": {"offset": None}}, "checkpoint.offset"),
        ({"dead_letters": "a"}, "dead_letters"),
        ({"previous": {"status": "done"}}, "previous"),
    ],
)
def test_an_edit_gone_wrong_is_named(change: dict[str, object], sentence: str) -> None:
    """People edit entries; what can't be meant is an error that names the place, never a guess."""
    edited = json.loads(encode_entry(ENTRY)) | change
    with pytest.raises(UnreadableState, match=sentence):
        decode_entry(json.dumps(edited).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", encode_entry(ENTRY)[:-5]])
def test_damage_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableState):
        decode_entry(data)


@given(st.binary())
def test_any_bytes_are_an_entry_or_unreadable(data: bytes) -> None:
    """Nothing else is raised."""
    try:
        decode_entry(data)
    except UnreadableState:
        return


def test_a_field_left_out_has_its_default() -> None:
    """An entry made by hand needs only what identifies the object."""
    made = b'{"version":1,"status":"deferred","crc32c":"AAAAAA==","size":9,"generation":7,"note":"by hand"}'
    assert decode_entry(made) == Entry(status=Status.DEFERRED, crc32c="AAAAAA==", size=9, generation=7)


# Names


@pytest.mark.parametrize(
    ("region", "project_id", "token", "url", "destination"),
    [
        ("us", "1234567", "", "", "us-1234567"),
        ("eu", "1234567", "", "", "eu-1234567"),
        ("us", "", "abc", "", "us-ba7816bf8f01"),
        ("in", "1234567", "", "https://proxy.example:8443", "custom-1234567"),
        ("us", "", "abc", "http://127.0.0.1:1", "custom-ba7816bf8f01"),
    ],
)
def test_a_destination_names_region_and_project(
    region: str, project_id: str, token: str, url: str, destination: str
) -> None:
    """For a token the first 12 hex digits of its SHA-256; never the token, never the URL."""
    assert destination_of(region, project_id, token, url) == destination


def test_names_in_the_state_bucket() -> None:
    """As the README shows them."""
    assert ledger_name("us-1", "a/b.ndjson.gz") == "ledger/us-1/a/b.ndjson.gz.json"
    assert dead_letters_folder("us-1", "a/b.ndjson.gz", 7) == "dead-letters/us-1/a/b.ndjson.gz/7/"
    name = dead_letters_name("us-1", "a/b.ndjson.gz", 7, 512, "c0ffee", 3)
    assert name == "dead-letters/us-1/a/b.ndjson.gz/7/512-c0ffee-3.ndjson.gz"


@pytest.mark.parametrize("name", ["a", "a/b.gz", "2026/08/01/x.ndjson", "a_b/c_", "ä" * 450])
def test_chunks_have_names_like_this(name: str) -> None:
    assert is_chunk_name(name)


@pytest.mark.parametrize("name", ["", "folder/", "_manifests/a.json", "a/_b/c", "_a", "a/_", "ä" * 451])
def test_these_are_no_chunks(name: str) -> None:
    """Folder markers, what begins with `_` anywhere, and names that leave no room for ours around them."""
    assert not is_chunk_name(name)


def test_every_name_around_a_chunk_fits() -> None:
    """1,024 bytes are the bucket's limit (https://docs.cloud.google.com/storage/docs/objects, 2026-08)."""
    longest = "x" * 900
    number = 10**19
    assert len(ledger_name("custom-" + "1" * 20, longest)) <= 1_024
    assert (
        len(
            dead_letters_name(
                "custom-" + "1" * 20, longest, number // 1_000, number // 10**6, "f" * 16, 999_999
            )
        )
        <= 1_024
    )


# Dead letters

LETTER = DeadLetter(b"", 3, "properties.time", "must not be missing")


@given(st.binary() | st.text().map(str.encode), st.integers(1, 2**40), st.text(), st.text(), st.text())
def test_a_dead_letter_gives_its_content_back(
    content: bytes, line: int, field: str, message: str, file: str
) -> None:
    """Whatever the bytes; each is one line of JSON that says line, field and message."""
    encoded = encode_dead_letter(DeadLetter(content, line, field, message, file))
    assert encoded.count(b"\n") == 1
    fields = json.loads(encoded)
    assert (fields["line"], fields["field"], fields["message"]) == (line, field, message)
    assert fields.get("file", "") == file
    decoded = decode_dead_letter(encoded)
    assert decoded == (content.strip(b" \t\r\n") if "record" in fields else content)


OBJECTS = st.dictionaries(
    st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=9)
)


@given(OBJECTS, st.sampled_from([b"", b" ", b"\r", b"\t "]))
def test_a_record_is_kept_verbatim(record: dict[str, object], around: bytes) -> None:
    """Readable with `jq .record`, its bytes untouched but for the white space around it."""
    content = json.dumps(record, ensure_ascii=False).encode()
    encoded = encode_dead_letter(DeadLetter(around + content + around, 1, "", ""))
    assert encoded.startswith(b'{"record":' + content + b",")
    assert decode_dead_letter(encoded) == content


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b'{"a": 1, "a": 2, "b": 123456789012345678901234567890}', "record"),
        (b"not json", "raw"),
        (b"", "raw"),
        (b'["a"]', "raw"),
        (b'{"a":\n1}', "raw"),
        (b'{"a":NaN}', "raw"),
        (b'{"a":1e999}', "raw"),
        (b'{"a":"\\ud800"}', "raw"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "raw"),
        (b'{"a":"\xff"}', "raw_base64"),
        (b"\x00\xff", "raw_base64"),
    ],
)
def test_the_form_follows_the_content(content: bytes, key: str) -> None:
    """An object goes in as `record`, other text as `raw`, other bytes as `raw_base64`."""
    encoded = encode_dead_letter(DeadLetter(content, 1, "f", "m"))
    assert next(iter(json.loads(encoded))) == key
    assert decode_dead_letter(encoded) == content


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"null",
        b'{"event":"a","properties":{}}',
        b'{"record":{"event":"a"}}',
        b'{"record":{"event":"a"},"line":1,"field":"","message":"","event":"a"}',
        b'{"record":{},"raw":"x","line":1,"field":"","message":""}',
        b'{"line":1,"field":"","message":""}',
        b'{"record":"text","line":1,"field":"","message":""}',
        b'{"record":{},"line":"1","field":"","message":""}',
        b'{"raw":{},"line":1,"field":"","message":""}',
        b'{"raw_base64":"?","line":1,"field":"","message":""}',
        b'{"record":{},"line":1,"field":null,"message":""}',
        b'{"record":' + b"[" * 100_000 + b',"line":1,"field":"","message":""}',
    ],
)
def test_any_other_line_is_no_dead_letter(line: bytes) -> None:
    """A user's record may have a key `record`; only exactly our shape is taken apart."""
    assert decode_dead_letter(line) is None
