"""/import: from a request to what is stored and what is answered."""

import json
from dataclasses import replace

import msgspec

from . import answers
from .batches import Judged, judge_batch
from .faults import Fault
from .faulty import force, insert_id_of, outage
from .flaws import Failure
from .packing import NotGzip, inflate, pack, split_lines
from .projects import Project, token_of
from .rules import IDENTITY_EVENTS, IDENTITY_REFUSED
from .state import State
from .store import Store
from .switches import Switches
from .wire import Answer, Request

PATH = "/import"
JSON_TYPES = {"application/json", "text/json"}
NDJSON_TYPES = {"application/x-ndjson", "application/ndjson", "application/jsonl"}


class Refused(Exception):  # noqa: N818 (an answer that ends the request)
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def answer_import(request: Request, state: State, fault: Fault | None) -> Answer:
    """The answer to a POST. `fault` may refuse records that the rules accept."""
    switches = state.switches
    if switches.outage != "off":
        return outage(switches)
    try:
        return take(request, state, switches, fault)
    except Refused as refused:
        return refused.answer


def take(request: Request, state: State, switches: Switches, fault: Fault | None) -> Answer:
    project = authenticated(request, state, switches)
    strict = strictness(request, switches)
    body = plain_body(request, switches)
    store = state.store_of(project)
    lines = lines_of(request, body, switches, store, state.monotonic_seconds())
    received_seconds = state.wall_seconds()
    judged = judge_batch(lines, switches, received_seconds, request.peer)
    refuse_wholly(judged, lines, switches, store)
    forced = force(fault, judged, lines) if fault is not None else None
    if forced is not None and forced.status == 400:
        return forced
    packed = packed_body(request, body, lines)
    with store.lock:
        store.json_bytes += len(body)
        store.keep(judged, packed, received_seconds, request.peer, switches)
    if forced is not None:
        return forced
    if judged.failures and strict:
        return answers.partly(judged.failures, judged.accepted, misled(switches, fault))
    count = judged.records if switches.lenient_answer == "all" and not strict else judged.accepted
    return answers.imported(count, switches)


def misled(switches: Switches, fault: Fault | None) -> Switches:
    return (
        replace(switches, failed_index="wrong")
        if fault is not None and fault.name == "wrong-index"
        else switches
    )


def authenticated(request: Request, state: State, switches: Switches) -> Project:
    authorization = request.headers.get("authorization", "")
    project_id = request.query.get("project_id")
    project = state.projects.find(authorization, project_id, token_allowed=switches.token_allowed)
    token = token_of(authorization)
    if project is None and switches.unknown_tokens == "own-project" and token and not project_id:
        project = state.project_of(token)
    if project is None or (switches.project_id_required and not project_id):
        raise Refused(answers.unauthorized(switches))
    return project


def strictness(request: Request, switches: Switches) -> bool:
    value = request.query.get("strict", switches.strict_absent)
    if value not in {"0", "1"}:
        raise Refused(answers.refused("'strict' must be 0 or 1"))
    return value == "1"


def plain_body(request: Request, switches: Switches) -> bytes:
    """The JSON bytes, within the limit."""
    too_large = Refused(answers.too_large(switches.body_bytes, switches.too_large_form))
    if request.body is None:
        raise too_large
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"identity", ""}:
        body = request.body
    elif encoding in {"gzip", "x-gzip"}:
        try:
            body = inflate(request.body, switches.body_bytes + 1)
        except NotGzip as error:
            raise Refused(answers.refused("request body is not valid gzip")) from error
    else:
        raise Refused(answers.refused(f"unsupported Content-Encoding {encoding!r}"))
    if len(body) > switches.body_bytes:
        raise too_large
    return body


def lines_of(
    request: Request, body: bytes, switches: Switches, store: Store, now_seconds: float
) -> list[bytes]:
    """Each record's bytes, once they are within the rate and the limits."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if switches.content_type == "checked" and content_type not in JSON_TYPES | NDJSON_TYPES:
        raise Refused(answers.refused(f"unsupported Content-Type {content_type!r}"))
    is_array = body.lstrip(b" \t\r\n")[:1] == b"["
    if switches.content_mixed == "refused" and content_type in (NDJSON_TYPES if is_array else JSON_TYPES):
        raise Refused(answers.refused("request body does not match its Content-Type"))
    lines = array_lines(body) if is_array else split_lines(body)
    admit(store, len(lines or ()), len(body), switches, now_seconds)
    if lines is None:
        raise Refused(answers.refused("request body is not valid JSON"))
    if not lines and switches.empty == "400":
        raise Refused(answers.refused("request has no events"))
    if len(lines) > switches.records:
        if switches.too_many == "413":
            raise Refused(answers.too_large(switches.body_bytes, switches.too_large_form))
        raise Refused(answers.refused(f"request exceeds max of {switches.records} events"))
    if switches.malformed == "400" and not all(is_json_object(line) for line in lines):
        raise Refused(answers.refused("request body is not valid JSON"))
    return lines


def admit(store: Store, records: int, json_bytes: int, switches: Switches, now_seconds: float) -> None:
    """Refused as 429 where the window has no room; what is refused later for its content has counted."""
    minutes = switches.window_seconds / 60
    with store.lock:
        window = store.window
        window.forget(now_seconds, switches.window_seconds)
        most_records = switches.records_per_second * switches.window_seconds
        has_room = window.has_room(
            records, json_bytes, most_records, switches.megabytes_per_minute * minutes * 1e6
        )
        if has_room or switches.rate_limited_count:
            window.take(now_seconds, records, json_bytes)
    if not has_room:
        raise Refused(answers.rate_limited(switches))


def array_lines(body: bytes) -> list[bytes] | None:
    """A JSON array's elements, each on one line and otherwise as sent; None where it is none."""
    try:
        elements = [bytes(element) for element in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, RecursionError):
        try:
            elements = [json.dumps(element).encode() for element in json.loads(body)]
        except (ValueError, RecursionError):
            return None
    # A line break within JSON is white space, since within a string it would be escaped.
    return [element.replace(b"\n", b" ").replace(b"\r", b" ").strip() for element in elements]


def is_json_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line.decode(errors="replace")), dict)
    except (ValueError, RecursionError):
        return False


def refuse_wholly(judged: Judged, lines: list[bytes], switches: Switches, store: Store) -> None:
    """What a project does to every record, until it is put right."""
    if switches.identity_records == "refused":
        verbs = judged.events & IDENTITY_EVENTS
        if verbs:
            raise Refused(answers.refused_as_strings([IDENTITY_REFUSED] * len(lines)))
    if switches.refuse_all == "off" or store.accepted < switches.refuse_after or not lines:
        return
    with store.lock:
        store.rejected += len(lines)
    if switches.refuse_all == "unlisted":
        raise Refused(answers.refused(answers.VALIDATION))
    if switches.refuse_all == "strings":
        raise Refused(answers.refused_as_strings([IDENTITY_REFUSED] * len(lines)))
    failures = [
        Failure(index, insert_id_of(line), "event", "project does not accept events")
        for index, line in enumerate(lines)
    ]
    raise Refused(answers.partly(failures, 0, switches))


def packed_body(request: Request, body: bytes, lines: list[bytes]) -> bytes:
    """gzip NDJSON as it is kept: the very body where it is that already."""
    if request.body and request.body[:2] == b"\x1f\x8b" and body.lstrip(b" \t\r\n")[:1] != b"[":
        return request.body
    return pack(lines)
