"""/lookup-tables: all or nothing."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.fakes.import_client import ImportClient, importing

TABLE = "55b4fb2b-e8de-466c-930f-8b36640b9b5e"
ACCOUNT = ("owner", "secret")


@pytest.fixture
def client() -> Iterator[ImportClient]:
    with importing() as client:
        project = {
            "id": "7",
            "accounts": ["owner:secret"],
            "secrets": ["s"],
            "tokens": ["k"],
            "tables": {TABLE: "Accounts"},
        }
        client.ask("PUT", "projects", project)
        yield client


def put(
    client: ImportClient, body: bytes, *, table: str = TABLE, auth: Any = ACCOUNT, **headers: str
) -> requests.Response:
    url = f"{client.simulator.url}/lookup-tables/{table}"
    return client.session.put(
        url, data=body, params={"project_id": "7"}, auth=auth, headers=headers, timeout=30
    )


def test_tables_are_listed(client: ImportClient) -> None:
    """By id and name."""
    url = client.simulator.url + "/lookup-tables"
    answer = client.session.get(url, params={"project_id": "7"}, auth=ACCOUNT, timeout=10)
    assert answer.json() == {"code": 200, "status": "OK", "results": [{"id": TABLE, "name": "Accounts"}]}


def test_a_table_is_replaced(client: ImportClient) -> None:
    """CSV, gzip or not, with the account or the project's secret; not with a token."""
    body = b'id,name\r\n1,"a, ""b"""\r\n2,\r\n'
    assert put(client, body).json() == {"code": 200, "status": "OK"}
    assert put(client, gzip.compress(body), **{"Content-Encoding": "gzip"}).status_code == 200
    assert put(client, body, auth=("s", "")).status_code == 200
    assert put(client, body, auth=("k", "")).status_code == 401
    assert client.simulator.state.tables == {("7", TABLE): 2}


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        (
            b"id,a\n,1\n2\n3,3",
            [(0, "primary key is required and cannot be blank"), (1, "invalid row: wrong number of fields")],
        ),
        (b"id,a\n1,1\n2,2\n1,3", [(2, "duplicate primary key of rows 0 and 2")]),
        (b"id,id\n1,1", [(0, "header is required and its names must be unique")]),
        (b"", [(0, "header is required and its names must be unique")]),
        (b"id\n" + b",\n" * 30, [(index, "invalid row: wrong number of fields") for index in range(10)]),
    ],
)
def test_one_bad_row_refuses_all(client: ImportClient, body: bytes, failed: list[tuple[int, str]]) -> None:
    """At most ten failing rows are listed; two forms of the 400 are documented."""
    answer = put(client, body)
    assert answer.status_code == 400
    rows = [(each["index"], each["message"]) for each in answer.json()["failed_records"]]
    assert (rows, answer.json()["code"]) == (failed, 400)
    client.switch(lookup_error_form="prose")
    assert put(client, body).json()["status"] == 0
    assert client.simulator.state.tables == {}


def test_other_answers(client: ImportClient) -> None:
    """404 whose body says 200, as the example has it; 401; 405; 413."""
    assert put(client, b"id\n1", table="unknown").json()["code"] == 200
    assert put(client, b"id\n1", table="unknown").status_code == 404
    assert put(client, b"id\n1", auth=("owner", "wrong")).status_code == 401
    assert (
        client.session.delete(
            client.simulator.url + "/lookup-tables?project_id=7", auth=ACCOUNT, timeout=10
        ).status_code
        == 405
    )
    assert put(client, gzip.compress(bytes(100_000_001)), **{"Content-Encoding": "gzip"}).status_code == 413
    assert put(client, b"nonsense", **{"Content-Encoding": "gzip"}).status_code == 400


def test_a_hundred_calls_a_day(client: ImportClient) -> None:
    """Rolling, over 24 hours; refused calls count."""
    assert [put(client, b"id\n1", table="x").status_code for _ in range(101)] == [404] * 100 + [429]
