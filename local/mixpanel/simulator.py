"""The server: one thread a connection, so that an answer may take its time without holding up another."""

import contextlib
import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .admin import PREFIX, answer_admin
from .faults import AFTER, INSTEAD, Fault
from .faulty import instead, spoilt
from .intake import PATH as IMPORT
from .intake import answer_import
from .lookup_tables import PATH as LOOKUP
from .lookup_tables import answer_lookup
from .profiles import KINDS, answer_updates
from .projects import DEFAULT_TOKEN, Projects
from .state import State
from .switches import Switches, turn
from .wire import Answer, Connection, Request, Unreadable, json_answer

BACKLOG = 512
SECONDS_TO_END = 5  # for a request that is being answered


def simulate(*tokens: str, folder: Path | None = None, **switches: Any) -> "Simulator":
    """A simulator for a with-block: each token is a project of its own (1000001, 1000002, …)."""
    projects = Projects()
    for token in tokens or (DEFAULT_TOKEN,):
        projects.add_token(token)
    return Simulator(State(projects, turn(Switches(), switches), folder))


class Simulator:
    """Listens from the start of the with-block to its end. `port` 0 takes a free one."""

    def __init__(self, state: State, host: str = "127.0.0.1", port: int = 0) -> None:
        self.state = state
        self._stopping = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, port), backlog=BACKLOG)
        self.host, self.port = self._listener.getsockname()[:2]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, name="mixpanel", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def serve(self) -> None:
        """Accepts until `stop` is called."""
        while not self._stopping.is_set():
            try:
                sock, address = self._listener.accept()
            except OSError:
                break
            thread = threading.Thread(target=self._talk, args=(sock, str(address[0])), daemon=True)
            with self._lock:
                self._open[sock] = thread
                thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = dict(self._open)
        for sock in still_open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in still_open.values():
            thread.join(SECONDS_TO_END)
        for store in self.state.stores.values():
            store.close()

    def _talk(self, sock: socket.socket, peer: str) -> None:
        try:
            with Connection(sock, peer) as connection, contextlib.suppress(OSError):
                self._answer_all(connection)
        finally:
            with self._lock:
                del self._open[sock]

    def _answer_all(self, connection: Connection) -> None:
        keep_alive = True
        while keep_alive and not self._stopping.is_set():
            try:
                request = connection.read_request()
            except Unreadable as error:
                connection.send(
                    json_answer(400, {"error": str(error)}), keep_alive=False, stopping=self._stopping
                )
                return
            if request is None:
                return
            wants_more = request.headers.get("connection", "").lower() != "close"
            keep_alive = self._answer(connection, request, wants_more)

    def _answer(self, connection: Connection, request: Request, wants_more: bool) -> bool:
        if request.path.startswith(PREFIX):
            return connection.send(
                answer_admin(request, self.state), keep_alive=wants_more, stopping=self._stopping
            )
        began = time.monotonic()
        self.state.began()
        answer = Answer(500)
        try:
            answer = route(request, self.state)
            return connection.send(answer, keep_alive=wants_more, stopping=self._stopping)
        finally:
            label = label_of(answer)
            entry: dict[str, Any] = {
                "at": time.time(),
                "method": request.method,
                "path": request.path,
                "answer": label,
            }
            entry |= {"bytes": len(request.body or b""), "seconds": round(time.monotonic() - began, 6)}
            self.state.ended(label, entry)


def label_of(answer: Answer) -> str:
    """How an answer is counted: by its status, or by what became of it."""
    if answer.reset:
        return "reset"
    return "closed" if answer.silent else str(answer.status)


def route(request: Request, state: State) -> Answer:
    """The answer, whatever the fault script makes of it."""
    path = request.path.rstrip("/")
    path = LOOKUP if path.startswith(LOOKUP) else path
    fault = state.faults.take(path)
    if fault is not None and fault.name in INSTEAD:
        return instead(fault, state.switches)
    if fault is not None and fault.name == "stall" and fault.options.get("stored") is False:
        return Answer(0, delay_seconds=float(fault.options.get("seconds", 1)), silent=True)
    answer = answer_path(path, request, state, fault)
    return spoilt(fault, answer) if fault is not None and fault.name in AFTER else answer


def answer_path(path: str, request: Request, state: State, fault: Fault | None) -> Answer:
    if path == LOOKUP:
        return answer_lookup(request, state)
    if path != IMPORT and path not in KINDS:
        return json_answer(404, {"code": 404, "error": "not found", "status": "Not Found"})
    if request.method != "POST":
        content = {"code": 405, "error": "method not allowed", "status": "Method Not Allowed"}
        return json_answer(405, content, {"Allow": "POST"})
    return answer_import(request, state, fault) if path == IMPORT else answer_updates(request, state)
