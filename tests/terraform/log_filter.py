"""Cloud Logging's query language, as much of it as the metrics' filters use; anything else raises NotKnown.

A query is `field=value`, `field>=value` or `field:value`, joined by AND, OR and parentheses; OR binds more
tightly than AND. Text is compared without regard to case, `:` finds it anywhere, and what isn't there matches
nothing. Source: https://cloud.google.com/logging/docs/view/logging-query-language (2026-11).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Entry = Mapping[str, Any]
Matcher = Callable[[Entry], bool]

# https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity (2026-11)
SEVERITIES = {"DEFAULT": 0, "INFO": 200, "WARNING": 400, "ERROR": 500, "CRITICAL": 600}
TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>>=|=(?!~)|:|\(|\))|(?P<word>[A-Za-z0-9_.]+))')


class NotKnown(ValueError):  # noqa: N818 (what happened, not what it is)
    """Not part of the subset: whether the real thing would match can't be told."""


def matches(query: str, entry: Entry) -> bool:
    return parse(query)(entry)


def parse(query: str) -> Matcher:
    """Raises NotKnown."""
    parser = _Parser(query)
    matcher = parser.conjunction()
    if parser.next is not None:
        raise NotKnown(f"{parser.next!r} in {query!r}")
    return matcher


def extract(extractor: str, entry: Entry) -> Any:
    """What EXTRACT(field) finds; None where there is no such field. Raises NotKnown."""
    found = re.fullmatch(r"EXTRACT\(([A-Za-z0-9_.]+)\)", extractor)
    if not found:
        raise NotKnown(extractor)
    return _value(entry, found[1])


class _Parser:
    def __init__(self, query: str) -> None:
        self._tokens = _tokens(query)
        self.next: str | None = None
        self._advance()

    def conjunction(self) -> Matcher:
        parts = [self._disjunction()]
        while self.next == "AND":
            self._advance()
            parts.append(self._disjunction())
        return lambda entry: all(part(entry) for part in parts)

    def _disjunction(self) -> Matcher:
        parts = [self._term()]
        while self.next == "OR":
            self._advance()
            parts.append(self._term())
        return lambda entry: any(part(entry) for part in parts)

    def _term(self) -> Matcher:
        if self.next == "(":
            self._advance()
            inner = self.conjunction()
            self._expect(")")
            return inner
        field, sign, value = self._advance(), self._advance(), self._advance()
        if not field or not value or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", field):
            raise NotKnown(f"{field!r} {sign!r} {value!r}")
        return _comparison(field, sign, value)

    def _expect(self, token: str) -> None:
        if self._advance() != token:
            raise NotKnown(f"{token!r} is missing")

    def _advance(self) -> str | None:
        token, self.next = self.next, next(self._tokens, None)
        return token


def _tokens(query: str) -> Iterator[str]:
    at = 0
    while query[at:].strip():
        token = TOKEN.match(query, at)
        if not token:
            raise NotKnown(query[at:])
        at = token.end()
        yield token[token.lastgroup or 0]


def _comparison(field: str, sign: str | None, value: str) -> Matcher:
    wanted = _unquoted(value)
    if sign == "=":
        return lambda entry: _text(entry, field) == wanted.casefold()
    if sign == ":":
        return lambda entry: wanted.casefold() in (_text(entry, field) or "")
    if sign == ">=" and field == "severity" and wanted in SEVERITIES:
        return lambda entry: SEVERITIES[str(entry.get("severity", "DEFAULT"))] >= SEVERITIES[wanted]
    if sign == ">=" and wanted.isdecimal():
        return lambda entry: _is_at_least(_value(entry, field), int(wanted))
    raise NotKnown(f"{field}{sign}{value}")


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])


def _is_at_least(value: Any, least: int) -> bool:
    return isinstance(value, int | float) and value >= least


def _text(entry: Entry, field: str) -> str | None:
    value = _value(entry, field)
    return None if value is None else str(value).casefold()


def _value(entry: Entry, field: str) -> Any:
    value: Any = entry
    for name in field.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
