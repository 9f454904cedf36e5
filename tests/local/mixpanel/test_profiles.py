"""/engage, /groups and /track: a problem is still a 200."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.fakes.import_client import NOW, ImportClient, importing

USER = {"$token": "t", "$distinct_id": "u"}
GROUP = {"$token": "t", "$group_key": "company", "$group_id": "g"}
TRACKED = {"event": "x", "properties": {"token": "t", "time": NOW - 60}}


def text(client: ImportClient, path: str, *updates: Any, **query: str) -> str:
    url = client.simulator.url + path
    response = client.session.post(url, json=list(updates), params=query, timeout=10)
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        ("/engage", USER | {"$set": {"a": 1}}, USER),
        ("/engage", USER | {"$unset": ["a"]}, USER | {"$unset": {"a": 1}}),
        ("/engage", USER | {"$delete": "null"}, {"$token": "t", "$delete": ""}),
        ("/engage", USER | {"$add": {"a": 1}}, USER | {"$add": {"a": "1"}}),
        ("/engage", USER | {"$union": {"a": [1]}}, USER | {"$union": {"a": 1}}),
        ("/groups", GROUP | {"$set_once": {"a": 1}}, USER | {"$set": {"a": 1}}),
        ("/groups", GROUP | {"$remove": {"a": 1}}, GROUP | {"$set": 1}),
        ("/track", TRACKED, {"event": "x", "properties": {"token": "t", "time": NOW - 6 * 86_400}}),
        ("/track", {"event": "x", "properties": {"token": "t"}}, {"event": "", "properties": {"token": "t"}}),
        ("/track", TRACKED, {"event": "x", "properties": {"time": NOW}}),
    ],
)
def test_one_is_valid_or_none_is(path: str, good: Any, bad: Any) -> None:
    """`1` if something is valid, `0` if nothing is; what is valid is counted."""
    with importing() as client:
        assert text(client, path, good, bad) == "1"
        assert text(client, path, bad) == "0"
        assert sum(client.state()["updates"].values()) == 1


def test_verbose_strict_and_callback() -> None:
    """The forms of the answer."""
    with importing() as client:
        good, bad = USER | {"$set": {"a": 1}}, USER
        assert json.loads(text(client, "/engage", good, verbose="1")) == {"status": 1, "error": None}
        assert json.loads(text(client, "/engage", bad, verbose="2"))["status"] == 0
        strict = json.loads(text(client, "/engage", good, bad, strict="1"))
        assert (strict["num_good_events"], strict["failed_records"][0]["index"]) == (1, 1)
        assert text(client, "/engage", good, callback="done") == "done(1);"


def test_forms_of_the_body() -> None:
    """One object, or the form field `data` with JSON or base64 of it."""
    with importing() as client:
        update = json.dumps(USER | {"$set": {"a": 1}})
        bodies = [
            update,
            urlencode({"data": update}),
            urlencode({"data": base64.b64encode(update.encode()).decode()}),
        ]
        for body in bodies:
            assert client.post_body(body.encode(), path="/engage", strict="0").text == "1"
        for body in ("nonsense", "[{", urlencode({"data": "[{"})):
            assert client.post_body(body.encode(), path="/engage", strict="0").text == "0"
        assert client.state()["updates"] == {"1000001:users": 3}


def test_a_strangers_token_is_no_error() -> None:
    """A `1` does not prove the token."""
    with importing() as client:
        assert text(client, "/engage", USER | {"$token": "stranger", "$set": {}}) == "1"
        assert client.state()["updates"] == {":users": 1}
