"""The bodies of /import, in each of the forms that Mixpanel's sources show.

Sources: https://docs.mixpanel.com/reference/import-events and openapi/ingestion.openapi.yaml of
github.com/mixpanel/docs (2026-08); what only others saw is named at its switch.
"""

from typing import Any

from .flaws import Failure
from .switches import Switches
from .wire import Answer, json_answer

VALIDATION = "some data points in the request failed validation"
RATE_LIMITED = "Project exceeded rate limits. Please retry the request with exponential backoff."
HTML = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<h1>{0}</h1>\r\n</body>\r\n</html>\r\n"


def html(status: int, title: str) -> Answer:
    return Answer(status, HTML.format(title).encode(), "text/html; charset=utf-8")


def imported(count: int, switches: Switches) -> Answer:
    status: str | int = 1 if switches.status_form == "number" else "OK"
    return json_answer(200, {"code": 200, "num_records_imported": count, "status": status})


def partly(failures: list[Failure], count: int, switches: Switches) -> Answer:
    """400: the failures are listed, the other records are stored."""
    content: dict[str, Any] = {"code": 400}
    if switches.error_in_400:
        content["error"] = VALIDATION
    if switches.failed_records != "absent":
        content["failed_records"] = listed(failures, switches)
    if switches.count_in_400:
        content["num_records_imported"] = count
    return json_answer(400, content | {"status": "Bad Request"})


def listed(failures: list[Failure], switches: Switches) -> list[Any]:
    ordered = sorted(
        failures, key=lambda failure: failure.index, reverse=switches.failed_order == "descending"
    )
    if switches.failed_most:
        ordered = ordered[: switches.failed_most]
    if switches.failed_records == "strings":
        return [failure.message for failure in ordered]
    return [one_failed(failure, switches) for failure in ordered]


def one_failed(failure: Failure, switches: Switches) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if switches.failed_index != "absent":
        content["index"] = failure.index + (switches.failed_index == "wrong")
    if switches.failed_id_key != "absent":
        content[switches.failed_id_key] = failure.insert_id
    return content | {"field": failure.field, "message": failure.message}


def refused(error: str, *, count: bool = True) -> Answer:
    """400 without failed_records: nothing is stored."""
    content: dict[str, Any] = {"code": 400, "error": error}
    if count:
        content["num_records_imported"] = 0
    return json_answer(400, content | {"status": "Bad Request"})


def refused_as_strings(messages: list[str]) -> Answer:
    """400 for a whole batch, failed_records plain strings: what mixpanel-import saw for identity records."""
    content = {"code": 400, "error": VALIDATION, "failed_records": messages, "num_records_imported": 0}
    return json_answer(400, content | {"status": "Bad Request"})


def unauthorized(switches: Switches) -> Answer:
    status: str | int = 0 if switches.status_form == "number" else "Unauthorized"
    return json_answer(401, {"code": 401, "error": "Invalid credentials", "status": status})


def forbidden() -> Answer:
    return json_answer(403, {"code": 403, "error": "Forbidden", "status": "error"})


def too_large(limit: int, form: str) -> Answer:
    if form == "html":
        return html(413, "413 Request Entity Too Large")
    error = f"request exceeds max limit of {limit} bytes" if form == "limit" else "request entity too large"
    return json_answer(413, {"code": 413, "error": error, "status": "Request Entity Too Large"})


def rate_limited(switches: Switches, retry_after_seconds: float | None = None) -> Answer:
    wait = switches.retry_after_seconds if retry_after_seconds is None else retry_after_seconds
    headers = {"Retry-After": f"{wait:g}"} if wait else {}
    if switches.rate_limited_form == "uncoded":
        return json_answer(429, {"error": RATE_LIMITED, "status": 0}, headers)
    return json_answer(429, {"code": 429, "error": RATE_LIMITED, "status": "Too Many Requests"}, headers)


def server_error(status: int) -> Answer:
    """Undocumented; this shape is the simulator's own."""
    reasons = {
        500: "Internal Server Error",
        502: "Bad Gateway",
        503: "Service Unavailable",
        504: "Gateway Timeout",
    }
    return json_answer(
        status,
        {"code": status, "error": reasons.get(status, "error").lower(), "status": reasons.get(status, "")},
    )
