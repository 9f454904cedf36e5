"""What each fault does to a request and its answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import answers
from .batches import Judged
from .faults import Fault
from .flaws import Failure
from .ids import text_of
from .rules import IDENTITY_REFUSED
from .switches import Switches
from .wire import Answer, json_answer

HTML_TITLES = {
    429: "429 Too Many Requests",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
}
NOBODY = "http://127.0.0.1:9/import"  # the discard port: whoever follows the redirect finds no one

Options = dict[str, Any]


def outage(switches: Switches) -> Answer:
    """The answer to everything while the switch is so."""
    return instead(Fault(switches.outage), switches)


def instead(fault: Fault, switches: Switches) -> Answer:
    """An answer that comes without anything being stored."""
    if fault.name.startswith("html-"):
        status = int(fault.name.removeprefix("html-"))
        return answers.html(status, HTML_TITLES[status])
    if fault.name in {"500", "502", "503", "504"}:
        return answers.server_error(int(fault.name))
    return ANSWERS[fault.name](fault.options, switches)


def too_large(options: Options, switches: Switches) -> Answer:
    """`limit`: the number that the answer names; 0: it names none; absent: as the switches have it."""
    limit = options.get("limit")
    if limit is None:
        return answers.too_large(switches.body_bytes, switches.too_large_form)
    return answers.too_large(int(limit), "limit" if limit else "no-limit")


def redirect(options: Options, _switches: Switches) -> Answer:
    return Answer(int(options.get("status", 302)), headers={"Location": str(options.get("location", NOBODY))})


def any_status(options: Options, _switches: Switches) -> Answer:
    """Whatever the script says; JSON unless the body is text."""
    body = options.get("body", {})
    headers = {str(key): str(value) for key, value in options.get("headers", {}).items()}
    status = int(options.get("status", 418))
    if isinstance(body, str):
        return Answer(status, body.encode(), "text/plain; charset=utf-8", headers)
    return json_answer(status, body, headers)


ANSWERS: dict[str, Callable[[Options, Switches], Answer]] = {
    "reset": lambda _options, _switches: Answer(0, reset=True),
    "close": lambda _options, _switches: Answer(0, silent=True),
    "429": lambda options, switches: answers.rate_limited(switches, options.get("retry_after")),
    "413": too_large,
    "400-no-list": lambda options, _switches: answers.refused(
        str(options.get("message", answers.VALIDATION))
    ),
    "redirect": redirect,
    "401": lambda _options, switches: answers.unauthorized(switches),
    "403": lambda _options, _switches: answers.forbidden(),
    "status": any_status,
}


def spoilt(fault: Fault, answer: Answer) -> Answer:
    """The answer as it arrives, or doesn't, after everything has been stored."""
    assert isinstance(answer.body, bytes)
    match fault.name:
        case "reset-after":
            return replace(answer, reset=True)
        case "close-after":
            return replace(answer, silent=True)
        case "stall":
            return replace(answer, delay_seconds=float(fault.options.get("seconds", 1)))
        case "half-body":
            return replace(answer, sent_bytes=len(answer.body) // 2)
    return other_body(fault, answer, answer.body)


def other_body(fault: Fault, answer: Answer, body: bytes) -> Answer:
    if fault.name == "html-200":
        return answers.html(200, "200 OK")
    if fault.name == "empty-200":
        return Answer(200)
    content = json.loads(body or b"{}")
    content.pop("num_records_imported", None)
    return json_answer(answer.status, content)


def force(fault: Fault, judged: Judged, lines: list[bytes]) -> Answer | None:
    """Refuses records that the rules accept.

    The answer, where it is not the usual one: a 400 then means that nothing is to be stored.
    """
    options = fault.options
    if fault.name == "plain-strings":
        return answers.refused_as_strings([str(options.get("message", IDENTITY_REFUSED))] * len(lines))
    if fault.name == "refuse-all" and options.get("list") is False:
        return answers.refused(str(options.get("message", answers.VALIDATION)))
    usual = {"refuse-all": len(lines), "refuse-some": 1, "wrong-index": 1, "200-fewer": 1}
    if fault.name not in usual or (fault.name == "wrong-index" and judged.failures):
        return None
    count = min(len(lines), int(options.get("count", usual[fault.name])))
    indexes = range(len(lines) - count, len(lines)) if fault.name == "200-fewer" else range(count)
    name, message = str(options.get("field", "event")), str(options.get("message", "refused by script"))
    judged.refuse([Failure(index, insert_id_of(lines[index]), name, message) for index in indexes])
    if fault.name == "200-fewer":
        return json_answer(200, {"code": 200, "num_records_imported": judged.accepted, "status": "OK"})
    return None


def insert_id_of(line: bytes) -> str:
    """The record's $insert_id as text, "" where it has none that can be read."""
    try:
        return text_of(json.loads(line)["properties"].get("$insert_id")) or ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
