"""Lines of every sort: records, blank lines, and what is no record at all."""

from hypothesis import strategies as st

from tests.end_to_end.odd_records import (
    GENTLE_TWISTS,
    LIMIT_TWISTS,
    NOW_SECONDS,
    TAG,
    long_records,
    records,
    spoilt_records,
)

blank_lines = st.sampled_from([b"", b" ", b"\t \r", b"\r"])
junk = (
    st.sampled_from([b"{}", b"[]", b"null", b"oops", b"{", b"event,time", b'"text"', b"\0" * 9])
    | st.sampled_from([b'{"event":"x"}', b'{"event":"x","properties":[]}', b'{"a":1}{"a":2}'])
    | st.sampled_from([b"[" * 3_000, b'{"a":' * 3_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000])
    | st.sampled_from(
        [b"\xc0\x80", b'{"a":"\xed\xa0\x80"}', b"\x0c{}", b"\xa0{}", b"{}\x0b", b"\xef\xbb\xbf{}"]
    )
    | st.sampled_from([b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\xff\xfe{\0}\0"])
)
arbitrary = st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))
long_junk = st.integers(1_000_000, 1_000_002).map(lambda length: b"{" + b"x" * (length - 1))
fine_records = records(most_twists=0)

# One of them by weight: st.one_of takes the same strategy twice for one.
lines: st.SearchStrategy[bytes] = st.sampled_from(
    [
        *[fine_records] * 5,
        *[records(GENTLE_TWISTS, 4)] * 10,
        *[records()] * 6,
        *[records(LIMIT_TWISTS, 1)] * 5,
        *[spoilt_records(), blank_lines, junk, arbitrary] * 2,
        long_records() | long_junk,
    ]
).flatmap(lambda chosen: chosen)


def tagged(untagged: list[bytes], first: int = 0) -> list[bytes]:
    return [line.replace(TAG, b"%05d" % number) for number, line in enumerate(untagged, first)]


def plain_record(number: int) -> bytes:
    """One of many, to fill batches with."""
    text = '{"event":"seen","properties":{"time":%d,"distinct_id":"u","$insert_id":"plain-%d","ip":0}}'
    return (text % (NOW_SECONDS - 1_000_000, number)).encode()
