"""The function's process: up means that it is the new one that answers."""

import contextlib
import http.client
import socket
import threading
from pathlib import Path

import pytest

from local.function import function
from local.processes import free_port

KNOBS = {"MIXPANEL_TOKEN": "token", "STATE_BUCKET": "state"}


@pytest.mark.slow
def test_it_is_up_once_it_answers_itself(tmp_path: Path) -> None:
    """A killed one's workers may hold the port a moment longer: their listening is not taken for its own."""
    port = free_port()
    held = socket.create_server(("127.0.0.1", port))
    timer = threading.Timer(0.3, held.close)
    timer.start()
    with function(KNOBS, log=tmp_path / "function.log", port=port):
        timer.join()
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("POST", "/", b"{}", {"Content-Type": "application/json"})
            assert connection.getresponse().status
