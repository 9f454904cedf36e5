"""The simulator's own API."""

from typing import Any

from local.mixpanel.switches import ALL, DEFAULTS
from tests.fakes.import_client import ImportClient, importing, record


def refused(client: ImportClient, method: str, path: str, content: Any) -> str:
    url = f"{client.simulator.url}/_simulator/{path}"
    response = client.session.request(method, url, json=content, timeout=10)
    assert response.status_code == 400
    return str(response.json()["error"])


def test_state_sums_over_projects_and_counts_requests() -> None:
    """All that a test asks for at its end, in one answer."""
    with importing("a", "b") as client:
        client.post(record(0), record(1, event=""), auth=("a", ""))
        client.post(record(0), auth=("b", ""))
        client.script("reset", "503")
        client.post(record(0), auth=("c", ""), path="/engage")
        state = client.state()
        assert {"accepted": 2, "deduplicated": 2, "rejected": 1, "kept": 2}.items() <= state.items()
        assert state["requests"] == {"400": 1, "200": 2}
        assert (state["requests_total"], state["in_flight"], state["most_in_flight"]) == (3, 0, 1)
        assert state["faults"] == {"left": 2, "used": 0, "used_up": False}
        assert state["projects"]["1000001"]["rejected"] == 1


def test_the_last_requests_are_listed() -> None:
    """For whoever wonders what a sender did."""
    with importing() as client:
        client.post(record(0))
        client.post(record(0), auth=("x", ""))
        first, second = client.ask("GET", "requests")
        assert (first["path"], first["answer"], second["answer"]) == ("/import", "200", "401")


def test_switches_are_shown_and_turned() -> None:
    """With meaning, default and what is allowed; null turns one back; an unknown one changes nothing."""
    with importing() as client:
        shown = client.ask("GET", "switches")
        assert set(shown) == set(ALL)
        assert {name: each["value"] for name, each in shown.items()} == DEFAULTS
        assert all(each["says"] for each in shown.values())
        client.switch(records="50", count_in_400="false", refuse_where='{"a": 1}')
        assert client.state()["switches"] == {"records": 50, "count_in_400": False, "refuse_where": {"a": 1}}
        assert "there is no switch 'nonsense'" in refused(
            client, "PUT", "switches", {"nonsense": 1, "records": 3}
        )
        assert "allowed is" in refused(client, "PUT", "switches", {"failed_records": "sometimes"})
        for value in ("-1", "many", "inf", "2.5", "[]"):
            assert refused(client, "PUT", "switches", {"records": value})
        assert refused(client, "PUT", "switches", {"count_in_400": "perhaps"})
        assert refused(client, "PUT", "switches", {"refuse_where": "[]"})
        assert refused(client, "PUT", "switches", ["records"])
        client.switch(records=None)
        assert client.state()["switches"] == {"count_in_400": False, "refuse_where": {"a": 1}}


def test_reset_is_as_started() -> None:
    """Records, counts, faults, switches and projects."""
    with importing("a", records=7) as client:
        empty = client.state()
        client.post(record(0), auth=("a", ""))
        client.switch(records=3, empty="400")
        client.script("503")
        client.ask("PUT", "projects", {"id": "1000001", "tokens": ["b"]})
        client.ask("POST", "reset")
        assert client.state() == empty
        assert client.lines() == []
        assert client.post(record(0), auth=("a", "")).status_code == 200


def test_projects_are_named_rightly_or_not_at_all() -> None:
    """A misspelt project would let nobody in."""
    with importing() as client:
        assert [each["id"] for each in client.ask("PUT", "projects", [{"id": "5"}, {"id": "6"}])] == [
            "1000001",
            "5",
            "6",
        ]
        assert refused(client, "PUT", "projects", {"id": "7", "token": "x"})
        assert refused(client, "PUT", "projects", {"tokens": ["x"]})
        assert refused(client, "PUT", "projects", ["x"])


def test_an_unknown_path_lists_the_known() -> None:
    """404 that teaches."""
    with importing() as client:
        response = client.session.get(client.simulator.url + "/_simulator/help", timeout=10)
        assert response.status_code == 404
        assert "GET /_simulator/state" in response.json()["known"]
