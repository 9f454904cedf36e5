"""/engage, /groups and /track, thinly: statuses, bodies and the checks that decide between them.

What passes is counted, not applied. Source: openapi/ingestion.openapi.yaml of github.com/mixpanel/docs
(2026-08). A problem with the content is still a 200: `0`, or {"status": 0} with verbose=1.
"""

import base64
import binascii
import json
from typing import Any
from urllib.parse import parse_qs

from . import answers
from .packing import NotGzip, inflate
from .state import State
from .wire import Answer, Request, json_answer

MOST_UPDATES = 2_000
TRACK_DAYS = 5
OBJECT_OPERATIONS = {"$set", "$set_once", "$add", "$union", "$append", "$remove"}
USER_OPERATIONS = {"$set", "$set_once", "$add", "$union", "$append", "$remove", "$unset", "$delete"}
GROUP_OPERATIONS = {"$set", "$set_once", "$unset", "$remove", "$union", "$delete", "$add"}
KINDS = {"/engage": "users", "/groups": "groups", "/track": "tracked"}


def answer_updates(request: Request, state: State) -> Answer:
    """The answer to one of the three; the rate limit is the project's, as for /import."""
    try:
        updates = updates_of(request)
    except ValueError as error:
        return said(request, [], [str(error)])
    if len(updates) > MOST_UPDATES:
        return answers.too_large(MOST_UPDATES, "no-limit")
    problems = [problem_of(update, request.path, state) for update in updates]
    for update, problem in zip(updates, problems, strict=True):
        if problem is None:
            project = state.projects.by_token(token_of(update, request.path))
            # Valid and of nobody's project: "does not signify a valid project token".
            state.count_update(project.id if project else "", KINDS[request.path])
    return said(request, updates, problems)


def updates_of(request: Request) -> list[Any]:
    """From JSON, or from the form field `data`, JSON or base64 of it. Raises ValueError with a sentence."""
    body = request.body or b""
    if "gzip" in request.headers.get("content-encoding", ""):
        try:
            body = inflate(body, 128 << 20)
        except NotGzip as error:
            raise ValueError("request body is not valid gzip") from error
    text = body.decode(errors="replace").strip()
    if text[:1] not in ("[", "{"):
        data = parse_qs(text).get("data", [request.query.get("data", "")])[0]
        text = data if data.lstrip()[:1] in ("[", "{") else from_base64(data)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("data is not valid JSON") from error
    return content if isinstance(content, list) else [content]


def from_base64(data: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("data is neither JSON nor base64") from error


def token_of(update: dict[str, Any], path: str) -> str:
    return str(update["properties"]["token"] if path == "/track" else update["$token"])


def problem_of(update: Any, path: str, state: State) -> str | None:
    """What is wrong with one update, in the simulator's own words; None if nothing is."""
    if not isinstance(update, dict):
        return "update must be a JSON object"
    if path == "/track":
        return track_problem(update, state.wall_seconds())
    ids = ("$token", "$distinct_id") if path == "/engage" else ("$token", "$group_key", "$group_id")
    missing = [name for name in ids if update.get(name) in (None, "")]
    if missing:
        return f"'{missing[0]}' must not be missing or blank"
    operations = set(update) & (USER_OPERATIONS if path == "/engage" else GROUP_OPERATIONS)
    if len(operations) != 1:
        return "update must have exactly one operation"
    return operation_problem(operations.pop(), update)


def operation_problem(operation: str, update: dict[str, Any]) -> str | None:
    value = update[operation]
    if operation in OBJECT_OPERATIONS and not isinstance(value, dict):
        return f"'{operation}' must be an object"
    if operation == "$unset" and not isinstance(value, list):
        return "'$unset' must be a list"
    wrong = {"$add": int | float, "$union": list}.get(operation)
    if wrong is not None and not all(isinstance(each, wrong) for each in value.values()):
        return f"'{operation}' must hold only {'numbers' if operation == '$add' else 'lists'}"
    return None


def track_problem(update: dict[str, Any], now_seconds: float) -> str | None:
    properties = update.get("properties")
    if not isinstance(update.get("event"), str) or not update["event"].strip():
        return "'event' must not be missing or blank"
    if not isinstance(properties, dict) or not properties.get("token"):
        return "token, missing or empty"
    seconds = properties.get("time", now_seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return "'properties.time' is invalid: must be specified as seconds since epoch"
    seconds = seconds / 1_000 if seconds >= 10_000_000_000 else seconds
    if seconds < now_seconds - TRACK_DAYS * 86_400:
        return "'properties.time' is invalid: must be within the last 5 days"
    return None


def said(request: Request, updates: list[Any], problems: list[str | None]) -> Answer:
    """`1` where something is valid, `0` where nothing is; JSON with verbose or strict."""
    good = problems.count(None)
    error = next((problem for problem in problems if problem is not None), None)
    status = int(good > 0)
    if request.query.get("strict") == "1":
        failed = [
            {"index": index, "message": each} for index, each in enumerate(problems) if each is not None
        ]
        content = {
            "code": 200,
            "num_good_events": good,
            "error": error,
            "status": status,
            "failed_records": failed,
        }
        return json_answer(200, content)
    if request.query.get("verbose") in ("1", "2"):
        return json_answer(200, {"status": status, "error": error if not good or len(updates) == 1 else None})
    if "callback" in request.query:
        return Answer(200, f"{request.query['callback']}({status});".encode(), "text/javascript")
    return Answer(200, str(status).encode(), "text/plain; charset=utf-8")
