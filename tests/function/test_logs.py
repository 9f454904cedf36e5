"""Log lines as Cloud Logging gets them: what google-cloud-logging's handler really prints."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask
import pytest

from function.log_handler import attach_handler
from function.logs import LOGGER_NAME, Line, Reason, log

TRACEPARENT = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


@contextmanager
def printed() -> Iterator[list[dict[str, Any]]]:
    """The lines printed inside, without the one in which the library introduces itself."""
    logger, stream, lines = logging.getLogger(LOGGER_NAME), io.StringIO(), list[dict[str, Any]]()
    before = (logger.handlers[:], logger.level, logger.propagate)
    logger.handlers.clear()
    try:
        attach_handler(stream)
        yield lines
    finally:
        logger.handlers[:], logger.level, logger.propagate = before
    parsed = [json.loads(line) for line in stream.getvalue().splitlines()]
    lines.extend(line for line in parsed if "logging.googleapis.com/diagnostic" not in line)


def test_a_line_is_its_name_and_its_fields() -> None:
    """The name is the message, the fields are top-level keys, each of its own type."""
    with printed() as lines:
        log(Line.CHUNK_DONE, chunk='a "b" é.gz', generation=7, seconds=1.5, sample_insert_ids=["x"])
    (line,) = lines
    assert (line["message"], line["severity"]) == ("chunk.done", "INFO")
    assert (line["chunk"], line["generation"], line["seconds"]) == ('a "b" é.gz', 7, 1.5)
    assert line["sample_insert_ids"] == ["x"]


def test_a_line_without_fields_has_its_name() -> None:
    with printed() as lines:
        log(Line.CONFIG_REFUSED, logging.ERROR)
    assert (lines[0]["message"], lines[0]["severity"]) == ("config.refused", "ERROR")


@pytest.mark.parametrize(
    ("level", "severity"), [(logging.INFO, "INFO"), (logging.WARNING, "WARNING"), (logging.ERROR, "ERROR")]
)
def test_severity_is_the_level(level: int, severity: str) -> None:
    with printed() as lines:
        log(Line.BATCH_RETRIED, level, reason=Reason.RATE_LIMITED)
    assert (lines[0]["severity"], lines[0]["reason"]) == (severity, "rate-limited")


def test_a_line_names_where_it_was_logged() -> None:
    """The caller, not the function in between."""
    with printed() as lines:
        log(Line.CHUNK_STARTED)
    where = lines[0]["logging.googleapis.com/sourceLocation"]
    assert where["file"].endswith("test_logs.py")
    assert where["function"] == "test_a_line_names_where_it_was_logged"


def test_a_line_is_linked_to_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a trace in the form that Cloud Logging links, taken from the request's headers."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    with printed() as lines, flask.Flask("test").test_request_context("/", headers=TRACEPARENT):
        log(Line.CHUNK_STARTED)
    trace = "projects/my-project/traces/0af7651916cd43dd8448eb211c80319c"
    assert lines[0]["logging.googleapis.com/trace"] == trace
    assert lines[0]["logging.googleapis.com/spanId"] == "b7ad6b7169203331"


def test_outside_a_request_there_is_no_trace() -> None:
    with printed() as lines:
        log(Line.CHUNK_STARTED)
    assert lines[0]["logging.googleapis.com/trace"] == ""


def test_attaching_twice_prints_once() -> None:
    with printed() as lines:
        attach_handler()
        log(Line.CHUNK_STARTED)
    assert len(lines) == 1


def test_the_names_are_the_fixed_ones() -> None:
    """Alerts and metrics hang on them."""
    assert {line.value for line in Line} == {
        *("chunk.started", "chunk.resumed", "chunk.progress", "chunk.done", "chunk.deferred"),
        *("chunk.refused", "chunk.quarantined", "chunk.lost", "chunk.skipped"),
        *("batch.retried", "batch.rejected", "credentials.refused", "project.refused", "config.refused"),
    }
