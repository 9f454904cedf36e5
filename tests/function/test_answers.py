import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.answers import (
    MAX_BODY_BYTES,
    MAX_TEXT_CHARACTERS,
    Answer,
    AnswerReason,
    Failure,
    Outcome,
    read_answer,
)
from function.logs import Reason

VALIDATION = "some data points in the request failed validation"
FAILED = {"index": 3, "insert_id": "abc", "field": "properties.time", "message": "is invalid"}


def read(status: int, content: Any, headers: dict[str, str] | None = None) -> Answer:
    return read_answer(status, headers or {}, json.dumps(content).encode())


@pytest.mark.parametrize(
    "content",
    [
        {"code": 200, "num_records_imported": 2000, "status": "OK"},
        {"code": 200, "num_records_imported": 2000, "status": 1},
        {"num_records_imported": 2000},
        {"num_records_imported": 2000, "failed_records": [], "error": None},
    ],
)
def test_a_200_that_counts_is_accepted(content: dict[str, Any]) -> None:
    """The count alone makes it: `status` is seen as "OK" and as 1 (verbose=1), `code` may be missing."""
    assert read(200, content) == Answer(Outcome.ACCEPTED, 200, imported=2000)


@pytest.mark.parametrize("body", [b"", b"1", b"null", b"[]", b'"OK"', b"OK", b'{"code":200,"status":"OK"}'])
def test_a_200_that_counts_nothing_is_tried_again(body: bytes) -> None:
    """Whoever answers so has not told us that he took the batch."""
    assert read_answer(200, {}, body) == Answer(Outcome.RETRY, 200, "no-count")


@pytest.mark.parametrize("count", [True, 2000.0, "2000", None, -1, [2000]])
def test_a_count_is_an_integer(count: object) -> None:
    """True is an integer to Python, not to us."""
    assert read(200, {"num_records_imported": count}).outcome is Outcome.RETRY


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("headers", "body"),
    [({"Content-Type": "text/html; charset=UTF-8"}, b""), ({}, b"\r\n <!doctype html>"), ({}, b"<html>")],
)
def test_html_is_not_mixpanels_word(status: int, headers: dict[str, str], body: bytes) -> None:
    """A front end's page says nothing about the records, whatever its status."""
    assert read_answer(status, headers, body) == Answer(Outcome.RETRY, status, "html")


@pytest.mark.parametrize("status", [200, 400])
def test_half_a_body_is_tried_again(status: int) -> None:
    """Broken off below HTTP or cut above it: half a list of failures would accept the other half."""
    whole = json.dumps({"num_records_imported": 1, "failed_records": [FAILED]}).encode()
    assert read_answer(status, {}, whole, complete=False) == Answer(Outcome.RETRY, status, "half-body")
    for cut in range(1, len(whole)):
        assert read_answer(status, {}, whole[:cut]) == Answer(Outcome.RETRY, status, "half-body")


@pytest.mark.parametrize("key", ["insert_id", "$insert_id"])
@pytest.mark.parametrize("error", [{}, {"error": VALIDATION}])
@pytest.mark.parametrize("code", [{}, {"code": 400}, {"code": 400, "status": 0}])
def test_failed_records_are_read_in_both_spellings(
    key: str, error: dict[str, str], code: dict[str, object]
) -> None:
    """Prose says `$insert_id`, the OpenAPI file `insert_id`, and its example has no `error`."""
    element = {"index": 3, key: "abc", "field": "properties.time", "message": "is invalid"}
    answer = read(400, {**code, **error, "failed_records": [element], "num_records_imported": 1999})
    failure = Failure(3, "abc", "properties.time", "is invalid")
    message = error.get("error", "")
    assert answer == Answer(Outcome.PARTLY, 400, "failed-records", 1999, (failure,), message=message)


def test_failed_records_may_be_plain_strings() -> None:
    """As seen for identity verbs, with a count of 0."""
    sentence = "identity events are not allowed when project is using simplified identity management"
    answer = read(400, {"failed_records": [sentence, sentence], "num_records_imported": 0})
    assert answer.outcome is Outcome.PARTLY
    assert answer.failures == (Failure(None, "", "", sentence),) * 2


@pytest.mark.parametrize(
    "element",
    [{}, None, 7, [], {"index": -1}, {"index": True}, {"index": "3"}, {"index": 3.0}, {"field": None}],
)
def test_an_element_that_names_nothing_is_still_a_failure(element: object) -> None:
    """How many failed is told by their number, so none is dropped."""
    answer = read(400, {"failed_records": [element, FAILED]})
    assert answer.outcome is Outcome.PARTLY
    assert (answer.failures[0].index, answer.failures[0].insert_id) == (None, "")
    assert answer.failures[1].index == 3


@pytest.mark.parametrize(
    "content",
    [
        {"code": 400, "error": VALIDATION, "status": "Bad Request"},
        {"error": VALIDATION, "failed_records": []},
        {"error": VALIDATION, "failed_records": None},
        {"error": VALIDATION, "failed_records": {"0": FAILED}},
    ],
)
def test_a_400_without_a_list_refuses_the_batch(content: dict[str, Any]) -> None:
    """It says that something is wrong, not with which record."""
    assert read(400, content) == Answer(Outcome.REFUSED, 400, "refused", message=VALIDATION)


@pytest.mark.parametrize("body", [b"", b"Bad Request", b"[]", b"0", b'"no"'])
def test_a_400_that_is_no_object_refuses_the_batch(body: bytes) -> None:
    """The status is a word of its own where the body is none."""
    assert read_answer(400, {}, body).outcome is Outcome.REFUSED


def test_a_400_longer_than_is_read_refuses_the_batch() -> None:
    """Halves of the batch give answers that fit."""
    body = b"{" + b" " * MAX_BODY_BYTES
    assert read_answer(400, {}, body) == Answer(Outcome.REFUSED, 400, "answer-too-long")
    assert read_answer(200, {}, body) == Answer(Outcome.RETRY, 200, "no-count")


def test_a_200_that_lists_failures_accepts_the_others() -> None:
    """Documented nowhere; the list is believed either way."""
    answer = read(200, {"num_records_imported": 1, "failed_records": [FAILED]})
    assert (answer.outcome, answer.imported, len(answer.failures)) == (Outcome.PARTLY, 1, 1)


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (401, Outcome.STOP, "credentials"),
        (403, Outcome.STOP, "forbidden"),
        (301, Outcome.STOP, "redirect"),
        (302, Outcome.STOP, "redirect"),
        (308, Outcome.STOP, "redirect"),
        (201, Outcome.STOP, "unexpected-status"),
        (204, Outcome.STOP, "unexpected-status"),
        (404, Outcome.STOP, "unexpected-status"),
        (418, Outcome.STOP, "unexpected-status"),
        (999, Outcome.STOP, "unexpected-status"),
        (408, Outcome.RETRY, "timeout"),
        (413, Outcome.TOO_LARGE, "too-large"),
        (429, Outcome.RETRY, "rate-limited"),
        (500, Outcome.RETRY, "server-error"),
        (502, Outcome.RETRY, "server-error"),
        (503, Outcome.RETRY, "server-error"),
        (599, Outcome.RETRY, "server-error"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":', b'{"error":"x","status":0}', b"\xff"])
def test_all_other_statuses_speak_for_themselves(
    status: int, outcome: Outcome, reason: str, body: bytes
) -> None:
    """Their bodies vary: HTML, none, with and without `code`."""
    answer = read_answer(status, {}, body, complete=False)
    assert (answer.outcome, answer.status, answer.reason) == (outcome, status, reason)


def test_a_413_may_name_the_limit() -> None:
    """Then whoever cuts batches can remember it. A front end's HTML names none."""
    sentence = "request exceeds max limit of 2097152 bytes"
    assert read(413, {"code": 413, "error": sentence}).limit_bytes == 2_097_152
    assert read_answer(413, {"Content-Type": "text/html"}, b"<h1>413</h1>").limit_bytes is None
    assert read(413, {"error": "request exceeds max limit of 0 bytes"}).limit_bytes is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("999999999", 3600.0),
        ("Tue, 24 Nov 2026 10:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 09:00:00", None),
        ("-1", None),
        ("nan", None),
        ("1e9", None),
        ("٣", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    """A date is held against the answer's own Date, so that our clock doesn't matter."""
    headers = {"Retry-After": value, "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}
    assert read_answer(429, headers, b"").retry_after_seconds == seconds
    assert read_answer(503, headers, b"").retry_after_seconds == seconds
    assert read_answer(200, headers, b'{"num_records_imported":1}').retry_after_seconds is None


def test_credentials_are_taken_out_of_every_sentence() -> None:
    """A server, or a proxy on the way, may echo what it was sent."""
    echo = {"field": "token s3cret", "message": "s3cret is", "$insert_id": "s3cret"}
    body = json.dumps({"error": "no s3cret!", "failed_records": [echo, "s3cret"]}).encode()
    answer = read_answer(400, {}, body, secrets=("s3cret",))
    assert answer.message == "no ***!"
    assert answer.failures == (
        Failure(None, "s3cret", "token ***", "*** is"),  # the id is for matching
        Failure(None, "", "", "***"),
    )


def test_sentences_are_bounded_and_can_be_encoded() -> None:
    """JSON can spell half a surrogate pair, which no log could print; and quote any length of a value."""
    answer = read_answer(401, {}, b'{"error": "\\ud800' + b"x" * 5_000 + b'"}')
    assert len(answer.message) == MAX_TEXT_CHARACTERS
    answer.message.encode()


def test_broken_utf8_in_a_sentence_does_not_lose_the_list() -> None:
    """`string should be valid utf8` may well quote the string; so may a control character stand there."""
    body = b'{"failed_records":[{"index":0,"message":"\xff\x01 should be valid utf8"}]}'
    assert read_answer(400, {}, body).failures[0].index == 0


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"a":' + b"9" * 10_000 + b"}"])
def test_what_python_will_not_parse_is_an_answer_too(body: bytes) -> None:
    """Depth and digits have limits that raise other errors than broken JSON does."""
    for status in (200, 400, 500):
        assert read_answer(status, {}, body).status == status


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
names = st.sampled_from(
    ["code", "error", "status", "num_records_imported", "failed_records", "index", "field"]
)
contents = st.dictionaries(names, json_values | st.lists(st.dictionaries(names, json_values)))


def test_every_reason_to_retry_has_its_place_in_the_logs() -> None:
    """`batch.retried` names it."""
    retried = {"rate-limited", "server-error", "timeout", "connection", "html", "half-body", "no-count"}
    assert retried <= set(get_args(AnswerReason)) & set(Reason)


@given(
    status=st.integers(100, 999) | st.sampled_from([200, 400, 413, 429, 503]),
    headers=st.dictionaries(st.sampled_from(["Content-Type", "Retry-After", "Date"]), st.text()),
    body=st.binary() | contents.map(lambda content: json.dumps(content).encode()),
    complete=st.booleans(),
)
def test_anything_is_an_answer(status: int, headers: dict[str, str], body: bytes, complete: bool) -> None:
    """Nothing a server sends raises; only a 200 or 400 that is whole says that records got through."""
    answer = read_answer(status, headers, body, complete=complete)
    if answer.outcome is Outcome.RETRY:
        assert answer.reason in set(Reason)
    if answer.outcome in (Outcome.ACCEPTED, Outcome.PARTLY):
        assert complete
        assert status in (200, 400)
    if answer.outcome is Outcome.ACCEPTED:
        assert status == 200
        assert answer.imported is not None
    assert (answer.outcome is Outcome.PARTLY) == bool(answer.failures)
    json.dumps([answer.message, [failure.message for failure in answer.failures]]).encode()
    assert answer.outcome is not Outcome.UNSENT
