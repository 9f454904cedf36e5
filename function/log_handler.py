"""Prints log lines as Cloud Logging reads them: a JSON object a line on stdout; no thread, no API."""

# mypy: allow-untyped-calls
# The handler's constructor has no types.

import logging
import os
import sys
from typing import TextIO

from google.cloud.logging_v2.handlers import StructuredLogHandler

from .logs import LOGGER_NAME


def attach_handler(stream: TextIO | None = None) -> None:
    """Fine to call twice. A line's trace is linked to its request where GOOGLE_CLOUD_PROJECT is set.

    Source: https://docs.cloud.google.com/logging/docs/structured-logging (2026-08): a trace is
    projects/PROJECT/traces/ID.
    """
    logger = logging.getLogger(LOGGER_NAME)
    if any(isinstance(handler, StructuredLogHandler) for handler in logger.handlers):
        return
    project_id = os.environ.get("GOOGLE_CLOUD_PROJECT") or None
    logger.addHandler(StructuredLogHandler(project_id=project_id, stream=stream or sys.stdout))
    logger.setLevel(logging.INFO)
    logger.propagate = False
