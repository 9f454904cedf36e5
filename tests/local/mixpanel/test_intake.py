"""POST /import: who may, what is asked of a request, and what is answered."""

import base64
import gzip
import json
from typing import Any

import pytest

from tests.fakes.import_client import NOW, ImportClient, importing, ndjson, record


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


# Who may


def test_a_token_with_an_empty_password() -> None:
    """200 as documented, and the record is stored."""
    with importing() as client:
        answer = client.post(record())
        assert answer.status_code == 200
        assert answer.json() == {"code": 200, "num_records_imported": 1, "status": "OK"}
        assert client.records() == [record()]


@pytest.mark.parametrize("auth", [("wrong", ""), ("t", "password"), ("", ""), None, ("owner:secret", "")])
def test_who_is_unknown(auth: Any) -> None:
    """401 as documented; nothing is stored."""
    with importing() as client:
        answer = client.post(record(), auth=auth)
        assert answer.status_code == 401
        assert answer.json() == {"code": 401, "error": "Invalid credentials", "status": "Unauthorized"}
        client.switch(status_form="number")
        assert client.post(record(), auth=auth).json()["status"] == 0
        assert client.state()["accepted"] == 0


def test_all_forms_of_credentials() -> None:
    """Service account with its project_id (base64 or plain), project secret, token, bearer."""
    with importing() as client:
        project = {
            "id": "7",
            "tokens": ["k"],
            "accounts": ["owner:se:cret"],
            "secrets": ["s"],
            "bearers": ["b"],
        }
        client.ask("PUT", "projects", project)
        right: list[dict[str, Any]] = [
            {"auth": ("owner", "se:cret"), "project_id": "7"},
            {"auth": None, "headers": {"Authorization": "Basic owner:se:cret"}, "project_id": "7"},
            {"auth": ("s", "")},
            {"auth": ("s", ""), "project_id": "7"},
            {"auth": ("k", "")},
            {"auth": None, "headers": {"Authorization": "Bearer b"}, "project_id": "7"},
        ]
        wrong: list[dict[str, Any]] = [
            {"auth": ("owner", "se:cret")},
            {"auth": ("owner", "other"), "project_id": "7"},
            {"auth": ("owner", "se:cret"), "project_id": "1000001"},
            {"auth": ("k", ""), "project_id": "1000001"},
            {"auth": None, "headers": {"Authorization": "Bearer b"}},
            {"auth": None, "headers": {"Authorization": "Digest b"}},
        ]
        assert [client.post(record(n), **each).status_code for n, each in enumerate(right)] == [200] * 6
        assert [client.post(record(), **each).status_code for each in wrong] == [401] * 6
        assert client.state()["projects"]["7"]["accepted"] == 6


def test_switches_of_credentials() -> None:
    """A token may be no credential, project_id may be required, and strangers may be welcome."""
    with importing() as client:
        client.switch(token_allowed=False)
        assert client.post(record()).status_code == 401
        client.switch(token_allowed=True, project_id_required=True)
        assert client.post(record()).status_code == 401
        assert client.post(record(), project_id="1000001").status_code == 200
        client.switch(project_id_required=False, unknown_tokens="own-project")
        assert client.post(record(), auth=("stranger", "")).status_code == 200
        assert client.state()["projects"]["1000002"]["accepted"] == 1


def test_a_wrong_token_can_be_put_right() -> None:
    """Naming the project again with that token lets it in; what was stored stays."""
    with importing() as client:
        client.post(record())
        assert client.post(record(1), auth=("new", "")).status_code == 401
        client.ask("PUT", "projects", {"id": "1000001", "tokens": ["t", "new"]})
        assert client.post(record(1), auth=("new", "")).status_code == 200
        assert client.state()["accepted"] == 2


def test_each_project_has_its_own_store() -> None:
    """Two tokens, two imports of the same records."""
    with importing("a", "b") as client:
        for token in "ab":
            client.post(record(), auth=(token, ""))
        assert client.state()["deduplicated"] == 2
        assert client.records(project="1000002") == [record()]


# What a request looks like


@pytest.mark.parametrize(
    "body",
    [
        ndjson([record(0), record(1)]) + b"\n",
        b"\r\n  \n" + ndjson([record(0), record(1)]).replace(b"\n", b"\r\n\r\n"),
        json.dumps([record(0), record(1)]).encode(),
        json.dumps([record(0), record(1)], indent=2).encode(),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_ndjson_and_arrays_plain_and_gzip(body: bytes, packed: bool) -> None:
    """All are the same two records; blank lines are none."""
    with importing() as client:
        headers = {"Content-Encoding": "gzip"} if packed else {}
        answer = client.post_body(gzip.compress(body) if packed else body, headers=headers)
        assert answer.json()["num_records_imported"] == 2
        assert client.records() == [record(0), record(1)]


def test_two_gzip_members_are_one_body() -> None:
    """A body may be several members, as RFC 1952 has it."""
    with importing() as client:
        body = gzip.compress(ndjson([record(0)]) + b"\n" + ndjson([record(1)])[:20]) + gzip.compress(
            ndjson([record(1)])[20:]
        )
        assert (
            client.post_body(body, headers={"Content-Encoding": "gzip"}).json()["num_records_imported"] == 2
        )
        assert client.records() == [record(0), record(1)]


def test_a_body_of_unknown_length() -> None:
    """Chunked transfer encoding is HTTP/1.1 too."""
    with importing() as client:
        blocks = iter(
            [b'{"event":"x","prop', b'erties":{"time":%d,"distinct_id":"","$insert_id":"i"}}' % (NOW - 9)]
        )
        answer = client.session.post(
            client.simulator.url + "/import", data=blocks, auth=("t", ""), timeout=10
        )
        assert answer.json()["num_records_imported"] == 1


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(ndjson([record()]), mtime=0)[:-9], gzip.compress(b"", mtime=0)[:12]]
)
def test_damaged_gzip(body: bytes) -> None:
    """400 without a list (undocumented); nothing is stored."""
    with importing() as client:
        answer = client.post_body(body, headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, "failed_records" in answer.json()) == (400, False)
        assert client.post_body(b"{}", headers={"Content-Encoding": "br"}).status_code == 400


def test_lines_that_are_no_json() -> None:
    """One bad line is one failed record, or, by switch, the end of the whole request."""
    with importing() as client:
        answer = client.post_body(ndjson([record()]) + b"\n{broken\n")
        assert answer.json()["num_records_imported"] == 1
        assert [each["index"] for each in answer.json()["failed_records"]] == [1]
        client.switch(malformed="400")
        answer = client.post_body(ndjson([record(1)]) + b"\n{broken\n")
        assert (answer.status_code, "failed_records" in answer.json()) == (400, False)
        assert client.post_body(b"[{broken").status_code == 400
        assert client.state()["accepted"] == 1


def test_arrays_that_are_odd() -> None:
    """Elements that are no objects fail alone; lone surrogates are let through."""
    with importing() as client:
        answer = client.post_body(b'[1, %b, "x"]' % json.dumps(record()).encode())
        assert [each["index"] for each in answer.json()["failed_records"]] == [0, 2]
        odd = json.dumps([record(plan="\ud800")]).encode()
        assert client.post_body(odd).json()["num_records_imported"] == 1


def test_nothing_at_all() -> None:
    """An empty body or array: 200 with none, or 400 by switch (undocumented)."""
    with importing() as client:
        for body in (b"", b"[]", b" \n "):
            assert client.post_body(body).json()["num_records_imported"] == 0
        client.switch(empty="400")
        for body in (b"", b"[]"):
            assert client.post_body(body).status_code == 400


def test_content_types() -> None:
    """Ignored, or checked by switch; so is a body of the other kind."""
    with importing(content_type="checked", content_mixed="refused") as client:
        lines, array = ndjson([record()]), json.dumps([record()]).encode()

        def status(body: bytes, content_type: str) -> int:
            return client.post_body(body, headers={"Content-Type": content_type}).status_code

        assert (
            status(lines, "application/x-ndjson") == status(array, "application/json; charset=utf-8") == 200
        )
        assert (
            status(lines, "text/csv")
            == status(array, "application/x-ndjson")
            == status(lines, "application/json")
            == 400
        )
        client.switch(content_type=None, content_mixed=None)
        assert (
            status(lines, "text/csv")
            == status(array, "application/x-ndjson")
            == status(lines, "application/json")
            == 200
        )


def test_strict_is_0_or_1() -> None:
    """With 0 bad records are dropped in silence; absent, it is what a switch says."""
    with importing() as client:
        batch = (record(0), record(event=""))
        assert client.post(*batch, strict="0").json() == {
            "code": 200,
            "num_records_imported": 2,
            "status": "OK",
        }
        client.switch(lenient_answer="valid", status_form="number")
        assert client.post(*batch, strict="0").json() == {"code": 200, "num_records_imported": 1, "status": 1}
        assert client.post(*batch, strict="yes").status_code == 400
        url = client.simulator.url + "/import"
        for absent, status in {"1": 400, "0": 200, "refused": 400}.items():
            client.switch(strict_absent=absent)
            assert (
                client.session.post(url, data=ndjson(batch), auth=("t", ""), timeout=10).status_code == status
            )
        assert client.state()["kept"] == 4


# Limits


def test_records_of_a_request() -> None:
    """2,000, and not one more; how that is said is undocumented."""
    with importing() as client:
        assert client.post(*map(record, range(2_000))).json()["num_records_imported"] == 2_000
        answer = client.post(*map(record, range(2_001)))
        assert (answer.status_code, "failed_records" in answer.json()) == (400, False)
        client.switch(too_many="413")
        assert client.post(*map(record, range(2_001))).status_code == 413
        assert client.state()["accepted"] == 2_000


def test_bytes_of_a_request() -> None:
    """Over the limit of JSON bytes: 413, which names the limit, or not, or is a front end's HTML."""
    with importing(body_bytes=2_097_152) as client:
        fits = ndjson([record()]).ljust(2_097_152)
        assert client.post_body(fits).status_code == 200
        answer = client.post_body(gzip.compress(fits + b" "), headers={"Content-Encoding": "gzip"})
        content = {
            "code": 413,
            "error": "request exceeds max limit of 2097152 bytes",
            "status": "Request Entity Too Large",
        }
        assert (answer.status_code, answer.json()) == (413, content)
        client.switch(too_large_form="no-limit")
        assert "2097152" not in client.post_body(fits + b" ").json()["error"]
        client.switch(too_large_form="html")
        assert "text/html" in client.post_body(fits + b" ").headers["Content-Type"]
        assert client.state()["accepted"] == 1


def test_the_default_limit_is_the_lenient_one() -> None:
    """10 MB, as the page says, and a gzip bomb is not inflated to its end."""
    with importing() as client:
        assert client.post_body(ndjson([record()]).ljust(10_485_760)).status_code == 200
        bomb = gzip.compress(bytes(200_000_000))
        assert client.post_body(bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


# The rolling minute


def rate_limited(client: ImportClient, *numbers: int) -> list[int]:
    return [client.post(*map(record, range(number))).status_code for number in numbers]


def test_records_over_a_rolling_minute() -> None:
    """429 as documented when the minute is full; a minute later there is room again."""
    with importing(records_per_second=10) as client:
        now = [0.0]
        client.simulator.state.monotonic_seconds = lambda: now[0]
        assert rate_limited(client, 400, 200, 1) == [200, 200, 429]
        answer = client.post(record())
        error = "Project exceeded rate limits. Please retry the request with exponential backoff."
        assert answer.json() == {"code": 429, "error": error, "status": "Too Many Requests"}
        assert "Retry-After" not in answer.headers
        now[0] = 60.0
        assert rate_limited(client, 600) == [200]
        client.switch(rate_limited_form="uncoded", retry_after_seconds=7)
        answer = client.post(record())
        assert (answer.json(), answer.headers["Retry-After"]) == ({"error": error, "status": 0}, "7")
        assert client.state()["projects"]["1000001"]["most_records_a_window"] == 600


def test_what_is_refused_counts() -> None:
    """Mixpanel: 400s 'count toward the rate limit'. Whether 429s do is a switch."""
    with importing(records_per_second=1) as client:
        assert [client.post(*[{}] * 60).status_code, client.post(record()).status_code] == [400, 429]
        client.ask("POST", "reset")
        assert rate_limited(client, 30, 50, 30) == [200, 429, 200]
        client.ask("POST", "reset")
        client.switch(rate_limited_count=True)
        assert rate_limited(client, 30, 50, 30) == [200, 429, 429]


def test_bytes_over_a_rolling_minute() -> None:
    """The other limit is of JSON bytes, inflated."""
    with importing(megabytes_per_minute=0.001) as client:
        assert client.post_gzip(record(pad="x" * 600)).status_code == 200
        assert client.post_gzip(record(pad="x" * 600)).status_code == 429
        assert client.post_gzip(record(), auth=("t", "")).status_code == 200


def test_each_project_has_its_own_minute() -> None:
    """The limit is a project's."""
    with importing("a", "b", records_per_second=1) as client:
        batch = list(map(record, range(60)))
        assert [client.post(*batch, auth=(token, "")).status_code for token in "aab"] == [200, 429, 200]


# Until put right


@pytest.mark.parametrize(
    ("form", "listed"),
    [("listed", [{"index": 0}, {"index": 1}]), ("unlisted", None), ("strings", ["identity"] * 2)],
)
def test_a_project_that_refuses_everything(form: str, listed: Any) -> None:
    """From the start or after so many records, in each form, until the switch is turned back."""
    with importing(refuse_all=form, refuse_after=2) as client:
        assert client.post(record(0), record(1)).status_code == 200
        answer = client.post(record(2), record(3))
        assert (answer.status_code, answer.json()["num_records_imported"]) == (400, 0)
        found = answer.json().get("failed_records")
        if form == "listed":
            assert [each["$insert_id"] for each in found] == ["id-2", "id-3"]
        assert (found is None) == (listed is None)
        assert form != "strings" or all(isinstance(each, str) for each in found)
        client.switch(refuse_all="off")
        assert client.post(record(2), record(3)).status_code == 200
        state = client.state()
        assert (state["accepted"], state["rejected"]) == (4, 2)


def test_identity_records_in_a_simplified_project() -> None:
    """Kept, ignored, or the whole batch refused as plain strings."""
    with importing(identity_records="refused") as client:
        answer = client.post(record(0), record(1, event="$identify"))
        assert answer.json()["num_records_imported"] == 0
        message = "identity events are not allowed when project is using simplified identity management"
        assert answer.json()["failed_records"] == [message] * 2
        client.switch(identity_records="ignored")
        assert client.post(record(0), record(1, event="$merge")).json()["num_records_imported"] == 2
        assert [each["event"] for each in client.records()] == ["visit"]


@pytest.mark.parametrize("outage", ["429", "500", "502", "503", "504", "401"])
def test_an_outage_lasts(outage: str) -> None:
    """Every import gets that answer until the switch is off."""
    with importing(outage=outage) as client:
        assert [client.post(record()).status_code for _ in range(3)] == [int(outage)] * 3
        client.switch(outage="off")
        assert client.post(record()).status_code == 200


def test_other_paths_and_methods() -> None:
    """404 and 405, in JSON."""
    with importing() as client:
        assert client.post(record(), path="/import/").status_code == 200
        assert client.post(record(), path="/nowhere").json()["code"] == 404
        assert client.session.get(client.simulator.url + "/import", timeout=10).status_code == 405
