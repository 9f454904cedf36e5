"""All that one simulator knows: who may write, what is stored, what is turned, what is scripted."""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from .faults import FaultScript
from .projects import Project, Projects
from .store import Store
from .switches import Switches, turned

LOGGED_REQUESTS = 1_000


@dataclass
class State:
    """Shared by all connections. `switches` and `projects` are replaced as a whole, not changed in place."""

    projects: Projects
    switches: Switches = field(default_factory=Switches)
    folder: Path | None = None
    wall_seconds: Callable[[], float] = time.time
    monotonic_seconds: Callable[[], float] = time.monotonic
    faults: FaultScript = field(default_factory=FaultScript)
    stores: dict[str, Store] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    lookup_calls: dict[str, deque[float]] = field(default_factory=dict)
    tables: dict[tuple[str, str], int] = field(default_factory=dict)
    updates: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.first_switches, self.first_projects = self.switches, dict(self.projects.known)
        self._forget_requests()
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        for project in self.projects.known.values():
            self.store_of(project)

    def _forget_requests(self) -> None:
        self.requests: Counter[str] = Counter()
        self.in_flight = self.most_in_flight = 0
        self.log: deque[dict[str, Any]] = deque(maxlen=LOGGED_REQUESTS)

    def store_of(self, project: Project) -> Store:
        with self.lock:
            store = self.stores.get(project.id)
            if store is None:
                path = self.folder / f"{project.id}.blocks" if self.folder is not None else None
                store = self.stores[project.id] = Store(path)
            return store

    def project_of(self, token: str) -> Project:
        """The token's project, a new one where there is none."""
        with self.lock:
            projects = Projects(dict(self.projects.known))
            project = projects.add_token(token)
            self.projects = projects
            return project

    def count_update(self, project_id: str, kind: str) -> None:
        with self.lock:
            self.updates[project_id, kind] += 1

    def began(self) -> None:
        with self.lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def ended(self, label: str, entry: dict[str, Any]) -> None:
        with self.lock:
            self.in_flight -= 1
            self.requests[label] += 1
            self.log.append(entry)

    def reset(self) -> None:
        """As it was started: nothing stored, no faults, first switches and projects."""
        self.faults.clear()
        self.switches, self.projects = self.first_switches, Projects(dict(self.first_projects))
        with self.lock:
            in_flight = self.in_flight
            self._forget_requests()
            self.in_flight = in_flight
            for each in (self.lookup_calls, self.tables, self.updates):
                each.clear()
            stores = list(self.stores.values())
        for store in stores:
            store.clear()

    def account(self) -> dict[str, Any]:
        """What `GET /_simulator/state` shows; the sums over all projects, then each project's."""
        with self.lock:
            stores = dict(self.stores)
            requests, most_in_flight, in_flight = dict(self.requests), self.most_in_flight, self.in_flight
            updates = {f"{project}:{kind}": count for (project, kind), count in self.updates.items()}
        projects = {name: account_of(store) for name, store in sorted(stores.items())}
        summed = ("accepted", "deduplicated", "rejected", "kept", "json_bytes", "without_ip", "hot")
        sums = {key: sum(each[key] for each in projects.values()) for key in summed}
        faults = self.faults.account()
        return sums | {
            "requests": requests,
            "requests_total": sum(requests.values()),
            "in_flight": in_flight,
            "most_in_flight": most_in_flight,
            "faults": {
                "left": faults["left_count"],
                "used": sum(faults["used"].values()),
                "used_up": faults["used_up"],
            },
            "switches": turned(self.switches),
            "updates": updates,
            "projects": projects,
        }


def account_of(store: Store) -> dict[str, int]:
    with store.lock:
        return {
            "accepted": store.accepted,
            "deduplicated": store.copies.distinct,
            "rejected": store.rejected,
            "kept": store.kept,
            "json_bytes": store.json_bytes,
            "without_ip": store.without_ip,
            "hot": store.hot,
            "event_names": len(store.events),
            "most_records_a_window": store.window.most_records,
        }
