"""What was published and what is acknowledged, in a file: a topic that is killed loses no message."""

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    data BLOB NOT NULL,
    attributes TEXT NOT NULL,
    published_at REAL NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0
);
"""


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    data: bytes
    attributes: Mapping[str, str]
    published_at: float


class Messages:
    """Thread-safe. Once `add` has returned, the message survives SIGKILL (not a power cut)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        # Autocommit: each statement is its own transaction.
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.executescript(SCHEMA)

    def add(self, data: bytes, attributes: Mapping[str, str], published_at: float) -> str:
        """Keeps a message and gives it its id."""
        row = (data, json.dumps(dict(attributes)), published_at)
        with self._lock:
            statement = "INSERT INTO messages (data, attributes, published_at) VALUES (?, ?, ?)"
            return str(self._file.execute(statement, row).lastrowid)

    def get(self, message_id: str) -> Message:
        with self._lock:
            statement = "SELECT data, attributes, published_at FROM messages WHERE id = ?"
            data, attributes, published_at = self._file.execute(statement, (message_id,)).fetchone()
        return Message(message_id, data, json.loads(attributes), published_at)

    def mark(self, message_ids: list[str], *, acked: bool) -> None:
        with self._lock:
            rows = [(acked, message_id) for message_id in message_ids]
            self._file.execute("BEGIN")
            self._file.executemany("UPDATE messages SET acked = ? WHERE id = ?", rows)
            self._file.execute("COMMIT")

    def outstanding(self) -> list[tuple[str, float]]:
        """Id and time of each message that isn't acknowledged, oldest first."""
        with self._lock:
            rows = self._file.execute("SELECT id, published_at FROM messages WHERE NOT acked ORDER BY id")
            return [(str(message_id), published_at) for message_id, published_at in rows]

    def ids(self) -> list[str]:
        """Every message ever published."""
        with self._lock:
            return [str(message_id) for (message_id,) in self._file.execute("SELECT id FROM messages")]

    def count(self) -> int:
        """How many were ever published."""
        with self._lock:
            count: int = self._file.execute("SELECT count(*) FROM messages").fetchone()[0]
            return count

    def close(self) -> None:
        with self._lock:
            self._file.close()
