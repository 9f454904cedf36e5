"""What Cloud Logging makes of the lines that a function prints, be they JSON or not.

Source: https://docs.cloud.google.com/logging/docs/structured-logging (2026-11).
"""

import contextlib
import json
from pathlib import Path
from typing import Any

from tests.terraform.log_filter import Entry

# Taken out of the payload into fields of the entry's own.
SPECIAL = {"severity", "time", "httpRequest"} | {
    f"logging.googleapis.com/{name}"
    for name in ("insertId", "labels", "operation", "sourceLocation", "spanId", "trace", "trace_sampled")
}


def entries_of(log: Path, service_name: str) -> list[Entry]:
    """An entry a line, as a revision of that service would have logged it."""
    resource = {"type": "cloud_run_revision", "labels": {"service_name": service_name}}
    lines = log.read_text("utf-8", "replace").splitlines()
    return [{"resource": resource, **_read(line)} for line in lines if line]


def _read(line: str) -> dict[str, Any]:
    content = None
    with contextlib.suppress(ValueError):
        content = json.loads(line)
    if not isinstance(content, dict):
        return {"severity": "DEFAULT", "textPayload": line}
    payload = {key: value for key, value in content.items() if key not in SPECIAL}
    severity = content.get("severity", "DEFAULT")
    if set(payload) == {"message"}:
        return {"severity": severity, "textPayload": payload["message"]}
    return {"severity": severity, "jsonPayload": payload}
