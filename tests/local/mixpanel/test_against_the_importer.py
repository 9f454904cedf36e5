"""Two sets of rules, written apart from each other, side by side."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from function.records import check
from local.mixpanel.batches import judge_batch
from local.mixpanel.switches import Switches, turn
from tests.fakes.import_client import NOW, record

PEER = "192.0.2.7"
# What the importer doesn't send, the simulator refuses too when each contradiction is read the stricter way.
STRICT = turn(
    Switches(),
    {
        "future_time": "refused",
        "time_fraction": "refused",
        "forbidden_ids": "any-case",
        "id_types": "text",
        "insert_id_absent": "refused",
        "distinct_id_absent": "refused",
        "record_bytes": 1_000_000,
        "properties": 254,
        "keys": 254,
        "large_values": "refused",
    },
)

ids = st.sampled_from(["a", "none", "None", "", "0", 0, -1, 7, "x" * 36, "x" * 37, "é", "lmy47d"]) | st.text()
times = st.sampled_from(
    [
        0,
        "1",
        1.5,
        True,
        31_535_999,
        31_536_000,
        31_536_000_000,
        NOW,
        NOW + 3_600,
        NOW + 3_601,
        NOW * 1000,
        -1,
        10**15,
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
extras = st.dictionaries(st.text(), values, max_size=4)
overrides = st.fixed_dictionaries(
    {},
    optional={"time": times | values, "distinct_id": ids | values, "insert_id": ids | values, "ip": values},
)
records = st.builds(
    lambda number, event, extra, override: record(number, event=event, **extra, **override),
    st.integers(0, 5),
    st.text(max_size=3) | values,
    extras.map(
        lambda extra: {key: value for key, value in extra.items() if key not in {"number", "event", "time"}}
    ),
    overrides,
)
damage = st.sampled_from([b"", b"", b"", b"\xff", b"{", b"}", b"[", b'"', b"\x00", b"}{"])


@st.composite
def lines(draw: st.DrawFn) -> list[bytes]:
    found = []
    for content in draw(st.lists(records, max_size=6)):
        line = bytearray(json.dumps(content, ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass"))
        at = draw(st.integers(0, len(line)))
        line[at:at] = draw(damage)
        found.append(bytes(line))
    return found


def has_user(line: bytes) -> bool:
    properties: dict[str, Any] = json.loads(line)["properties"]
    return bool(properties.get("$user_id") or properties.get("$device_id"))


@given(lines())
@settings(max_examples=150, deadline=None)
def test_what_the_importer_sends_is_accepted(found: list[bytes]) -> None:
    """No record that it sends is refused: where sources disagree the simulator is lenient."""
    sent = check(found, NOW).lines
    judged = judge_batch(sent, Switches(), NOW, PEER)
    assert judged.failures == []


@given(lines())
@settings(max_examples=150, deadline=None)
def test_what_the_importer_holds_back_is_refused(found: list[bytes]) -> None:
    """It refuses nothing that Mixpanel would take by every reading."""
    flaws = check(found, NOW).flaws
    kept_back = [found[index].replace(b"\n", b" ").strip(b" \t\r") for index, _ in flaws]
    judged = judge_batch(kept_back, STRICT, NOW, PEER)
    assert len(judged.failures) == len(kept_back), [(flaws[i], kept_back[i]) for i in judged.indexes]


@given(lines())
@settings(max_examples=100, deadline=None)
def test_they_agree_on_copies(found: list[bytes]) -> None:
    """What the partitioner counts as copies is what deduplication makes one."""
    checked = check(found, NOW)
    pairs = [
        (line, head) for line, head in zip(checked.lines, checked.heads, strict=True) if not has_user(line)
    ]
    judged = judge_batch([line for line, _ in pairs], Switches(), NOW, PEER)
    ours = [(h.event, h.distinct_id, h.insert_id, min(h.time, NOW) // 86_400) for _, h in pairs]
    same = [[a == b for b in ours] for a in ours]
    assert same == [[a == b for b in judged.keys] for a in judged.keys]
