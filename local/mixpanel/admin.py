"""The simulator's own API, under /_simulator/, for tests and people. README.md lists it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from .faults import faults_from
from .projects import project_from
from .reading import count_records, export_records
from .state import State
from .switches import ALL, DEFAULTS, UnknownSwitch, turn
from .wire import Answer, Request, json_answer

PREFIX = "/_simulator/"


def answer_admin(request: Request, state: State) -> Answer:
    handler = ROUTES.get((request.method, request.path.removeprefix(PREFIX)))
    if handler is None:
        known = [f"{method} {PREFIX}{path}" for method, path in ROUTES]
        return json_answer(404, {"error": f"no {request.method} {request.path} here", "known": known})
    try:
        return handler(request, state)
    except (UnknownSwitch, ValueError, KeyError) as error:
        return json_answer(400, {"error": str(error)})


def content_of(request: Request) -> Any:
    return json.loads(request.body or b"null")


def show_state(_request: Request, state: State) -> Answer:
    return json_answer(200, state.account())


def show_requests(_request: Request, state: State) -> Answer:
    with state.lock:
        return json_answer(200, list(state.log))


def show_faults(_request: Request, state: State) -> Answer:
    return json_answer(200, state.faults.account())


def add_faults(request: Request, state: State) -> Answer:
    state.faults.extend(faults_from(content_of(request)))
    return json_answer(200, state.faults.account())


def clear_faults(_request: Request, state: State) -> Answer:
    state.faults.clear()
    return json_answer(200, state.faults.account())


def show_switches(_request: Request, state: State) -> Answer:
    shown = {
        name: {"value": getattr(state.switches, name), "default": DEFAULTS[name], **each.metadata}
        for name, each in ALL.items()
    }
    return json_answer(200, shown)


def turn_switches(request: Request, state: State) -> Answer:
    wanted = content_of(request)
    if not isinstance(wanted, dict):
        raise ValueError("switches are a JSON object: {name: value}; null turns one back")  # noqa: TRY004
    with state.lock:
        state.switches = turn(state.switches, wanted)
        return json_answer(200, {name: getattr(state.switches, name) for name in wanted})


def show_projects(_request: Request, state: State) -> Answer:
    return json_answer(200, [asdict(project) for project in state.projects.known.values()])


def put_projects(request: Request, state: State) -> Answer:
    """The projects named are added or replaced; what they hold stays."""
    content = content_of(request)
    projects = [project_from(each) for each in (content if isinstance(content, list) else [content])]
    with state.lock:
        known = dict(state.projects.known)
        known.update({project.id: project for project in projects})
        state.projects = type(state.projects)(known)
    for project in projects:
        state.store_of(project)
    return show_projects(request, state)


def show_records(request: Request, state: State) -> Answer:
    query = request.query
    lines = export_records(
        state,
        project=query.get("project"),
        deduplicated=query.get("deduplicated", "0"),
        form=query.get("form", "sent"),
        limit=int(query.get("limit", "0")),
    )
    return Answer(200, in_blocks(lines), "application/x-ndjson")


def count(request: Request, state: State) -> Answer:
    query = request.query
    return json_answer(
        200, {"records": count_records(state, query.get("project"), query.get("deduplicated", "0"))}
    )


def in_blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    held, size = [], 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size > 262_144:
            yield b"\n".join(held) + b"\n"
            held, size = [], 0
    if held:
        yield b"\n".join(held) + b"\n"


def reset(_request: Request, state: State) -> Answer:
    state.reset()
    return json_answer(200, state.account())


ROUTES: dict[tuple[str, str], Callable[[Request, State], Answer]] = {
    ("GET", "state"): show_state,
    ("GET", "requests"): show_requests,
    ("GET", "records"): show_records,
    ("GET", "count"): count,
    ("GET", "faults"): show_faults,
    ("POST", "faults"): add_faults,
    ("DELETE", "faults"): clear_faults,
    ("GET", "switches"): show_switches,
    ("PUT", "switches"): turn_switches,
    ("GET", "projects"): show_projects,
    ("PUT", "projects"): put_projects,
    ("POST", "reset"): reset,
}
