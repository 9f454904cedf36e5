"""A client of the simulator: posts records as a sender would, and speaks to its administration."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from local.mixpanel.simulator import Simulator, simulate

NOW = 1_790_000_000  # 2026-09-21
ID_KEYS = {"insert_id": "$insert_id", "user_id": "$user_id", "device_id": "$device_id"}


def record(number: int = 0, event: Any = "visit", **properties: Any) -> dict[str, Any]:
    """A record no rule can refuse; `insert_id` and others replace what it has, None takes it out."""
    usual = {"time": NOW - 3_600 - number, "distinct_id": f"user-{number}", "$insert_id": f"id-{number}"}
    named = {ID_KEYS.get(key, key): value for key, value in properties.items()}
    content = {key: value for key, value in (usual | named).items() if value is not None}
    return {"event": event, "properties": content}


def ndjson(records: Iterable[Any]) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in records)


class ImportClient:
    def __init__(self, simulator: Simulator, session: requests.Session) -> None:
        self.simulator, self.session = simulator, session

    def post_body(
        self,
        body: bytes,
        *,
        path: str = "/import",
        auth: Any = ("t", ""),
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> requests.Response:
        return self.session.post(
            self.simulator.url + path,
            data=body,
            params={"strict": "1"} | query,
            auth=auth,
            headers=headers,
            timeout=10,
            allow_redirects=False,
        )

    def post(self, *records: Any, **options: Any) -> requests.Response:
        return self.post_body(ndjson(records), **options)

    def post_gzip(self, *records: Any, **options: Any) -> requests.Response:
        body = gzip.compress(ndjson(records))
        return self.post_body(body, headers={"Content-Encoding": "gzip"}, **options)

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        response = self.session.request(
            method, f"{self.simulator.url}/_simulator/{path}", json=content, timeout=10
        )
        response.raise_for_status()
        return response.json()

    def state(self) -> Any:
        return self.ask("GET", "state")

    def switch(self, **switches: Any) -> None:
        self.ask("PUT", "switches", switches)

    def script(self, *faults: Any) -> None:
        self.ask("POST", "faults", list(faults))

    def lines(self, **query: str) -> list[bytes]:
        url = f"{self.simulator.url}/_simulator/records"
        response = self.session.get(url, params=query, timeout=30)
        response.raise_for_status()
        return response.content.splitlines()

    def records(self, **query: str) -> list[Any]:
        return [json.loads(line) for line in self.lines(**query)]


@contextmanager
def importing(*tokens: str, **switches: Any) -> Iterator[ImportClient]:
    """A simulator whose clock stands at NOW; token `t` unless others are named."""
    simulator = simulate(*(tokens or ("t",)), **switches)
    simulator.state.wall_seconds = lambda: NOW
    with simulator, requests.Session() as session:
        yield ImportClient(simulator, session)
