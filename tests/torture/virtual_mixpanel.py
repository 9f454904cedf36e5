"""Mixpanel on the virtual clock: the simulator's rules and answers, without its server."""

import gzip
import zlib
from collections.abc import Callable
from random import Random

from function.answers import Answer, Outcome, read_answer
from function.mixpanel import Parcel
from local.mixpanel.batches import Judged
from local.mixpanel.faults import Fault
from local.mixpanel.packing import inflate, split_lines
from local.mixpanel.projects import Projects
from local.mixpanel.simulator import route
from local.mixpanel.state import State
from local.mixpanel.store import Store
from local.mixpanel.switches import Switches, turn
from local.mixpanel.wire import Answer as Said
from local.mixpanel.wire import Request
from tests.torture.contents import NOW_SECONDS
from tests.torture.plan import Strike, Weather
from tests.torture.scheduler import Host, Killed
from tests.torture.wire import Wire, strike_seconds

TOKEN = "project-token"
HEADERS = {
    "authorization": "Basic cHJvamVjdC10b2tlbjo=",
    "content-type": "application/x-ndjson",
    "content-encoding": "gzip",
}
USUAL = {"records_per_second": 0, "megabytes_per_minute": 0, "refuse_where": {"plan": "stolen"}}
_NO_COUNT = {"status": 200, "body": {"code": 200, "status": "OK"}}
_NOTHING_TAKEN = {"status": 200, "body": {"code": 200, "num_records_imported": 0, "status": "OK"}}
FAULTS = {
    "408": Fault("status", options={"status": 408}),
    "413": Fault("413", options={"limit": 0}),
    "413-limit": Fault("413", options={"limit": 12_000}),
    "200-no-count-unstored": Fault("status", options=_NO_COUNT),
    "429-retry-after": Fault("429", options={"retry_after": 30}),
    "storm-429": Fault("429"),
    "storm-503": Fault("503"),
    "storm-html-502": Fault("html-502"),
    "storm-reset": Fault("reset"),
    "storm-ragged": Fault("503"),
    "credentials-401": Fault("401"),
    "credentials-403": Fault("403"),
    "project-listed": Fault("refuse-all"),
    "project-unlisted": Fault("400-no-list"),
    "project-strings": Fault("plain-strings"),
    "project-zero": Fault("status", options=_NOTHING_TAKEN),
}


class _NotingStore(Store):
    """Says what is stored, and keeps none of it."""

    def __init__(self, on_stored: Callable[[bytes], None]) -> None:
        super().__init__()
        self._on_stored = on_stored

    def keep(
        self, judged: Judged, body: bytes, received_seconds: float, peer: str, switches: Switches
    ) -> None:
        self.accepted += judged.accepted
        lines = split_lines(inflate(body))
        for index in judged.indexes:
            self._on_stored(lines[index])


class Server:
    """The one Mixpanel of a run."""

    def __init__(
        self,
        wire: Wire,
        switches: dict[str, object],
        weathers: tuple[Weather, ...],
        on_stored: Callable[[bytes], None],
    ) -> None:
        self._wire, self._weathers = wire, weathers
        projects = Projects()
        project = projects.add_token(TOKEN)
        scheduler = wire.scheduler
        self._store = _NotingStore(on_stored)
        self._state = State(
            Projects(),
            turn(Switches(), {**USUAL, **switches}),
            wall_seconds=lambda: NOW_SECONDS + scheduler.now_seconds,
            monotonic_seconds=lambda: scheduler.now_seconds,
        )
        self._state.projects = projects
        self._state.stores[project.id] = self._store
        self._posts = 0
        self._began_seconds: dict[Weather, float] = {}
        self._answered: dict[Weather, int] = dict.fromkeys(weathers, 0)

    def close(self) -> None:
        self._store.close()

    def take(self, parcel: Parcel, kind: str) -> Said | None:
        """The answer, if there is one, once all is stored; `kind` is what strikes this very request."""
        self._posts += 1
        name = self._weather() or kind
        if name == "storm-ragged" and self._posts % 2:
            return None
        fault = FAULTS.get(name) or (Fault(name) if name else None)
        if fault is not None:
            self._state.faults.extend([fault])
        request = Request("POST", "/import", {"strict": "1"}, HEADERS, parcel.body, "192.0.2.1")
        return route(request, self._state)

    def _weather(self) -> str:
        now_seconds = self._wire.scheduler.now_seconds
        for weather in self._weathers:
            if self._posts < weather.nth:
                continue
            if weather not in self._began_seconds:
                self._began_seconds[weather] = now_seconds
            passed_seconds = now_seconds - self._began_seconds[weather]
            if self._answered[weather] < weather.posts or passed_seconds < weather.seconds:
                self._answered[weather] += 1
                self._wire.struck[weather.kind] += 1
                return weather.kind
        return ""


class VirtualMixpanel:
    """The door to it of one host. `poison` kills the host that posts it."""

    def __init__(
        self,
        server: Server,
        host: Host,
        wire: Wire,
        random: Random,
        usual_seconds: float,
        *,
        has_poison: bool,
    ) -> None:
        self._server, self._host, self._wire, self._random = server, host, wire, random
        self._usual_seconds, self._has_poison = usual_seconds, has_poison

    def post(self, parcel: Parcel, timeout_seconds: float) -> Answer:
        scheduler, wire, host = self._wire.scheduler, self._wire, self._host
        strike = wire.strike_at("post")
        wire.befall(host, strike)
        if self._has_poison and _is_poison(parcel):
            wire.tell(host.name, "killed", "by a poison record")
            wire.struck["poison"] += 1
            wire.poison(host)
            raise Killed
        said: list[Said] = []
        self._send(parcel, strike, timeout_seconds, said)
        if strike is not None and strike.kind == "kill-during":
            wire.tell(host.name, "killed", "within post")
            wire.kill(host)
            raise Killed
        if strike is not None and strike.kind == "freeze-during":
            wire.freeze(host, strike.seconds)
        scheduler.suspend(timeout_seconds)
        if strike is not None and strike.kind == "kill-after":
            wire.tell(host.name, "killed", "after post")
            wire.kill(host)
        if host.is_dead:
            raise Killed
        return read(said[0]) if said else Answer(Outcome.RETRY, reason="timeout", message="no answer")

    def _send(self, parcel: Parcel, strike: Strike | None, timeout_seconds: float, said: list[Said]) -> None:
        scheduler, wire = self._wire.scheduler, self._wire
        actor = scheduler.actor
        assert actor is not None
        turn = actor.turn
        kind = strike.kind if strike is not None and not strike.kind.startswith(("kill", "freeze")) else ""
        if kind:
            wire.struck[kind] += 1
        seconds = self._usual_seconds * self._random.uniform(0.2, 2.0)
        out_seconds, back_seconds = seconds / 2, seconds / 2
        if kind == "stored-late":
            out_seconds = timeout_seconds + strike_seconds(strike)
        is_heard = kind not in ("stall-stored", "stored-late")

        def reply(answer: Said) -> None:
            if actor.turn == turn and not actor.dead:
                said.append(answer)
                scheduler.wake(actor)

        def arrive() -> None:
            answer = self._server.take(parcel, kind if is_heard else "")
            if answer is None or not is_heard:
                wire.tell(self._host.name, f"post {parcel.records} records", "no answer")
                return
            told = "reset" if answer.reset or answer.silent else str(answer.status)
            wire.tell(self._host.name, f"post {parcel.records} records", told)
            scheduler.after(back_seconds, lambda: reply(answer))

        if kind != "stall":
            scheduler.after(out_seconds, arrive)


def read(said: Said) -> Answer:
    """As the real door does."""
    if said.reset or said.silent:
        return Answer(Outcome.RETRY, reason="connection", message="ConnectionResetError")
    assert isinstance(said.body, bytes)
    headers = {"Content-Type": said.content_type, **said.headers}
    return read_answer(
        said.status, headers, said.body[: said.sent_bytes], complete=said.sent_bytes is None, secrets=(TOKEN,)
    )


def _is_poison(parcel: Parcel) -> bool:
    try:
        return b'"poison"' in gzip.decompress(parcel.body)
    except (OSError, EOFError, zlib.error):
        return False
