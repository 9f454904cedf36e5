"""Whatever Mixpanel answers, post by post: every record is settled once, or the project is named."""

import gzip
import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from function.answers import Answer, Outcome, read_answer
from function.batches import Batch
from function.control import KnownGood, Trial
from function.errors import ProjectRefused
from function.settlement import Settled, SizeLimit, settle
from function.state import Position
from tests.fakes.depth import deep
from tests.fakes.json_edits import as_bytes, edited, values

DEFINITE = {Outcome.ACCEPTED, Outcome.PARTLY, Outcome.REFUSED, Outcome.TOO_LARGE}
ALL_WELL = {"code": 200, "num_records_imported": 1, "status": "OK"}
SOME_FAILED = {
    "code": 400,
    "error": "some data points in the request failed validation",
    "failed_records": [{"index": 0, "insert_id": "id-0", "field": "properties", "message": "bad"}],
    "num_records_imported": 1,
    "status": "Bad Request",
}
TOO_LARGE = {"code": 413, "error": "request exceeds max limit of 20000 bytes"}

bodies = st.one_of(*map(edited, (ALL_WELL, SOME_FAILED, TOO_LARGE)), values)
answers = (
    st.builds(
        lambda status, body: read_answer(status, {}, as_bytes(body)),
        st.sampled_from([200, 200, 400, 400, 413]),
        bodies | st.sampled_from([ALL_WELL, SOME_FAILED, TOO_LARGE]),
    )
    | st.builds(lambda count: Answer(Outcome.ACCEPTED, 200, imported=count), st.integers(0, 50))
).filter(lambda answer: answer.outcome in DEFINITE)


def batch_of(lines: Sequence[bytes]) -> Batch:
    content = b"".join(line + b"\n" for line in lines)
    end = Position(len(content), line=len(lines))
    return Batch(Position(), end, gzip.compress(content), len(lines), len(content), range(1, len(lines) + 1))


@deep
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=20),
    st.lists(answers, max_size=40),
    answers,
    st.booleans(),
    st.booleans(),
)
def test_any_answers_settle_a_batch(
    ids: list[int], script: list[Answer], last: Answer, is_large: bool, has_control: bool
) -> None:
    """In a bounded number of posts, for halving and trying again both have an end."""
    lines = [
        json.dumps({"event": "e", "properties": {"time": number, "$insert_id": f"id-{insert_id}"}}).encode()
        for number, insert_id in enumerate(ids)
    ]
    control = b'{"event":"e","properties":{"time":1,"$insert_id":"good"}}'
    trial = Trial(
        KnownGood(control if has_control else None),
        is_large=lambda: is_large,
        recall=lambda: None,
        ahead=lambda most: [],
    )
    work = settle(batch_of(lines), trial, SizeLimit())
    waiting = iter(script)
    posts = 0
    try:
        parcels = next(work)
        while True:
            posts += len(parcels)
            assert posts <= 60 * len(lines) + 60
            parcels = work.send([next(waiting, last) for _ in parcels])
    except StopIteration as ended:
        settled: Settled = ended.value
    except ProjectRefused:
        return
    assert settled.accepted + len(settled.letters) == len(lines)
    numbers = [letter.line for _, letter in settled.letters]
    assert len(set(numbers)) == len(numbers)
    assert all(letter.content == lines[letter.line - 1] for _, letter in settled.letters)
    assert settled.good_index is None or settled.good_index + 1 not in numbers
