"""A script of faults: each request takes the next one, and what is left can be asked for.

Faults that come instead of the request's own answer store nothing; those that come after it (`AFTER`) are
what makes a sender see the same records twice.
"""

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

INSTEAD = {
    "429", "500", "502", "503", "504", "html-429", "html-502", "html-503", "reset", "close", "413",
    "400-no-list", "redirect", "401", "403", "status",
}  # fmt: skip
AFTER = {"reset-after", "close-after", "stall", "half-body", "200-no-count", "html-200", "empty-200"}
JUDGED = {"refuse-all", "refuse-some", "plain-strings", "wrong-index", "200-fewer"}
NAMES = {"pass"} | INSTEAD | AFTER | JUDGED
OPTIONS = {
    "fault", "times", "path", "seconds", "retry_after", "limit", "list", "count", "status", "body", "headers",
    "location", "stored", "message", "field",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    path: str = "/import"
    options: dict[str, Any] = field(default_factory=dict)


def faults_from(script: Any) -> list[Fault]:
    """From a list of names or of {"fault": name, "times": 1, "path": "/import", …}. Raises ValueError."""
    if not isinstance(script, list):
        raise ValueError("a fault script is a JSON list")  # noqa: TRY004 (the admin API answers 400 to ValueError)
    faults: list[Fault] = []
    for entry in script:
        content = {"fault": entry} if isinstance(entry, str | int) else entry
        if not isinstance(content, dict) or str(content.get("fault")) not in NAMES:
            raise ValueError(f"{entry!r} is no fault; there are {', '.join(sorted(NAMES))}")
        if unknown := set(content) - OPTIONS:
            raise ValueError(
                f"{', '.join(sorted(unknown))}: no option of a fault; there are {', '.join(sorted(OPTIONS))}"
            )
        options = {name: value for name, value in content.items() if name not in {"fault", "times", "path"}}
        fault = Fault(str(content["fault"]), str(content.get("path", "/import")), options)
        faults += [fault] * int(content.get("times", 1))
    return faults


class FaultScript:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: deque[Fault] = deque()
        self._used: dict[str, int] = {}

    def extend(self, faults: list[Fault]) -> None:
        with self._lock:
            self._left.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self._left.clear()
            self._used.clear()

    def take(self, path: str) -> Fault | None:
        """The next fault, if it is for that path."""
        with self._lock:
            if not self._left or self._left[0].path != path:
                return None
            fault = self._left.popleft()
            self._used[fault.name] = self._used.get(fault.name, 0) + 1
            return fault

    def account(self) -> dict[str, Any]:
        with self._lock:
            left = [{"fault": fault.name, "path": fault.path, **fault.options} for fault in self._left]
            return {"left": left, "left_count": len(left), "used": dict(self._used), "used_up": not left}
