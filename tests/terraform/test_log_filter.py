"""The subset of Cloud Logging's query language that the metrics' filters are tried with."""

import pytest

from tests.terraform.log_filter import NotKnown, extract, matches, parse

ENTRY = {
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "mixpanel-importer"}},
    "severity": "WARNING",
    "jsonPayload": {"message": "batch.rejected", "count": 3, "reason": "mixpanel"},
}


@pytest.mark.parametrize(
    "query",
    [
        'jsonPayload.message="batch.rejected"',
        'jsonPayload.message="Batch.Rejected"',
        'resource.labels.service_name="mixpanel-importer" AND jsonPayload.count>=3',
        'jsonPayload.message="other" OR jsonPayload.reason="mixpanel"',
        'jsonPayload.message:"rejected"',
        "severity>=WARNING",
        "severity>=INFO AND jsonPayload.count>=1",
        '(jsonPayload.message="other" OR (severity>=INFO AND jsonPayload.count>=1))',
    ],
)
def test_matches(query: str) -> None:
    """Equality, at least, anywhere in a text, and both joints."""
    assert matches(query, ENTRY)


@pytest.mark.parametrize(
    "query",
    [
        'jsonPayload.message="batch"',
        'jsonPayload.message="batch.rejected" AND jsonPayload.count>=4',
        "severity>=ERROR",
        'textPayload:"rejected"',
        "jsonPayload.missing>=0",
        "jsonPayload.reason>=0",
        'jsonPayload.message.more="x"',
    ],
)
def test_does_not_match(query: str) -> None:
    """Part of a text is no equal, what isn't there matches nothing, a text is no number."""
    assert not matches(query, ENTRY)


def test_or_binds_more_tightly_than_and() -> None:
    """As Google has it, unlike most languages: a OR b AND c is (a OR b) AND c."""
    assert not matches('severity>=INFO OR severity>=INFO AND jsonPayload.message="other"', ENTRY)


def test_a_quote_within_quotes() -> None:
    assert matches(r'textPayload="said \"no\""', {"textPayload": 'said "no"'})


@pytest.mark.parametrize(
    "query",
    [
        "",
        "severity",
        "severity>=",
        "severity>=LOUD",
        'severity!="ERROR"',
        'NOT severity>="ERROR"',
        '-severity="ERROR"',
        'jsonPayload.message=~"batch.*"',
        "jsonPayload.count<4",
        "jsonPayload.count>=1.5",
        '"free text"',
        "(severity>=INFO",
        "severity>=INFO)",
        "severity>=INFO severity>=INFO",
        "severity>=INFO -- a comment",
        'jsonPayload.message=("a" OR "b")',
        "severity>=INFO XOR severity>=INFO",
        'textPayload:"open',
    ],
)
def test_what_is_not_known_raises(query: str) -> None:
    """Nothing is guessed at."""
    with pytest.raises(NotKnown):
        parse(query)


def test_extracts_a_field() -> None:
    """A number stays one; a field that isn't there is None."""
    assert extract("EXTRACT(jsonPayload.count)", ENTRY) == 3
    assert extract("EXTRACT(jsonPayload.missing)", ENTRY) is None
    with pytest.raises(NotKnown):
        extract('REGEXP_EXTRACT(jsonPayload.message, "(.*)")', ENTRY)
