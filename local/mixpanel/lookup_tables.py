"""/lookup-tables, thinly: a table is checked as a whole and replaced, or not.

Source: openapi/ingestion.openapi.yaml of github.com/mixpanel/docs (2026-08). Tables are made on Mixpanel's
own pages; here they are named with their project (`PUT /_simulator/projects`).
"""

import csv
import io
from collections import deque
from typing import Any

from . import answers
from .packing import NotGzip, inflate
from .projects import Project
from .state import State
from .switches import Switches
from .wire import Answer, Request, json_answer

PATH = "/lookup-tables"
MOST_BYTES = 100_000_000
MOST_ROWS = 5_000_000
MOST_CALLS = 100
DAY_SECONDS = 86_400
MOST_FAILED = 10


def answer_lookup(request: Request, state: State) -> Answer:
    # Not with a token: neither source lists it here.
    authorization, project_id = request.headers.get("authorization", ""), request.query.get("project_id")
    project = state.projects.find(authorization, project_id, token_allowed=False)
    if project is None or not project_id:
        return answers.unauthorized(state.switches)
    table = request.path.removeprefix(PATH).strip("/")
    if request.method == "GET" and not table:
        results = [{"id": each, "name": name} for each, name in project.tables.items()]
        return json_answer(200, {"code": 200, "status": "OK", "results": results})
    if request.method == "PUT" and table:
        return replace_table(request, state, project, table)
    return json_answer(405, {"code": 405, "error": "method not allowed", "status": "Method Not Allowed"})


def replace_table(request: Request, state: State, project: Project, table: str) -> Answer:
    if not has_call_left(state, project):
        return answers.rate_limited(state.switches)
    if table not in project.tables:
        # The documented example carries code 200 in its body.
        error = f"Lookup table with id '{table}' was not found."
        return json_answer(404, {"code": 200, "error": error, "status": "Not Found"})
    body = request.body
    if body is not None and "gzip" in request.headers.get("content-encoding", ""):
        try:
            body = inflate(body, MOST_BYTES + 1)
        except NotGzip:
            return answers.refused("request body is not valid gzip", count=False)
    if body is None or len(body) > MOST_BYTES:
        return answers.too_large(MOST_BYTES, "limit")
    failed, rows = table_problems(body)
    if failed:
        return table_refused(failed[:MOST_FAILED], state.switches)
    with state.lock:
        state.tables[project.id, table] = rows
    return json_answer(200, {"code": 200, "status": "OK"})


def has_call_left(state: State, project: Project) -> bool:
    """100 calls in 24 hours, rolling."""
    now_seconds = state.monotonic_seconds()
    with state.lock:
        calls = state.lookup_calls.setdefault(project.id, deque())
        while calls and calls[0] <= now_seconds - DAY_SECONDS:
            calls.popleft()
        if len(calls) >= MOST_CALLS:
            return False
        calls.append(now_seconds)
        return True


def table_problems(body: bytes) -> tuple[list[dict[str, Any]], int]:
    """What is wrong, by row counted from 0 without the header; and how many rows there are."""
    try:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        return [{"index": 0, "message": f"invalid CSV: {error}"}], 0
    if not rows or len(set(rows[0])) != len(rows[0]):
        return [{"index": 0, "message": "header is required and its names must be unique"}], 0
    failed: list[dict[str, Any]] = []
    first_with: dict[str, int] = {}
    for index, row in enumerate(rows[1:]):
        message = None
        if len(row) != len(rows[0]):
            message = "invalid row: wrong number of fields"
        elif not row[0].strip():
            message = "primary key is required and cannot be blank"
        elif first_with.setdefault(row[0], index) != index:
            message = f"duplicate primary key of rows {first_with[row[0]]} and {index}"
        if message is not None:
            failed.append({"index": index, "message": message})
    if len(rows) - 1 > MOST_ROWS:
        failed.append({"index": MOST_ROWS, "message": f"more than {MOST_ROWS} rows"})
    return failed, len(rows) - 1


def table_refused(failed: list[dict[str, Any]], switches: Switches) -> Answer:
    error = "Some data points in the request failed validation."
    if switches.lookup_error_form == "prose":
        return json_answer(400, {"error": error, "failed_records": failed, "status": 0})
    return json_answer(400, {"code": 400, "error": error, "status": "Bad Request", "failed_records": failed})
