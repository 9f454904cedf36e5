"""PromQL, parsed by a real parser and evaluated as far as alerts and dashboard use it.

Anything else raises NotKnown. A metric's points are what Cloud Monitoring has of it: of a log-based one, what
has come since the point before.
"""

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    Matcher,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    VectorSelector,
    parse,
)

# How old a point may be that still counts as the present, as in Prometheus.
LOOKBACK_SECONDS = 300
EVALUATION_SECONDS = 60
REDUCERS: dict[str, Callable[[list[float]], float]] = {"sum": sum, "max": max}
Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]


class NotKnown(ValueError):  # noqa: N818 (what happened, not what it is)
    """Not part of the subset."""


@dataclass(frozen=True, slots=True)
class Series:
    """`points` are pairs of Unix seconds and value."""

    name: str
    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Selector:
    """What a query reads of one metric; 0 seconds: only its present value."""

    name: str
    labels: Mapping[str, str]
    window_seconds: float


def fires(query: str, series: Iterable[Series], at_seconds: float, *, duration_seconds: float = 0) -> bool:
    """Whether the condition has held for that long by then, looked at every minute."""
    known = list(series)
    moments = [at_seconds]
    while moments[-1] - EVALUATION_SECONDS >= at_seconds - duration_seconds:
        moments.append(moments[-1] - EVALUATION_SECONDS)
    return all(evaluate(query, known, moment) for moment in moments)


def evaluate(query: str, series: Iterable[Series], at_seconds: float) -> Vector:
    """Raises NotKnown, and ValueError for what is no PromQL."""
    return _vector(_value(parse(query), list(series), at_seconds))


def selectors(query: str) -> list[Selector]:
    """Every metric that the query reads."""
    return list(_selectors(parse(query)))


def _selectors(expression: Expr) -> Iterable[Selector]:
    match expression:
        case VectorSelector():
            yield Selector(expression.name or "", _equal_labels(expression), 0)
        case MatrixSelector(vector_selector=inner):
            yield Selector(inner.name or "", _equal_labels(inner), expression.range.total_seconds())
        case BinaryExpr(lhs=left, rhs=right):
            yield from _selectors(left)
            yield from _selectors(right)
        case AggregateExpr(expr=inner) | ParenExpr(expr=inner):
            yield from _selectors(inner)
        case Call(args=arguments):
            for argument in arguments:
                yield from _selectors(argument)


def _equal_labels(selector: VectorSelector) -> dict[str, str]:
    return {each.name: each.value for each in selector.matchers.matchers if each.op == MatchOp.Equal}


def _value(expression: Expr, series: list[Series], at_seconds: float) -> Vector | float:
    match expression:
        case ParenExpr(expr=inner):
            return _value(inner, series, at_seconds)
        case NumberLiteral(val=number):
            return number
        case VectorSelector():
            return _over_time(expression, series, at_seconds, LOOKBACK_SECONDS, last=True)
        case Call():
            return _called(expression, series, at_seconds)
        case AggregateExpr(expr=inner, param=None):
            return _aggregated(expression, _vector(_value(inner, series, at_seconds)))
        case BinaryExpr(lhs=left, rhs=right):
            return _joined(
                str(expression.op), _value(left, series, at_seconds), _value(right, series, at_seconds)
            )
    raise NotKnown(expression.prettify())


def _called(call: Call, series: list[Series], at_seconds: float) -> Vector:
    match call.func.name, call.args:
        case "sum_over_time", [MatrixSelector(vector_selector=selector) as over]:
            return _over_time(selector, series, at_seconds, over.range.total_seconds(), last=False)
        case "vector", [NumberLiteral(val=number)]:
            return {frozenset(): number}
    raise NotKnown(call.prettify())


def _over_time(
    selector: VectorSelector, series: list[Series], at_seconds: float, seconds: float, *, last: bool
) -> Vector:
    if selector.offset is not None or selector.at is not None:
        raise NotKnown(selector.prettify())
    found: Vector = {}
    for each in series:
        values = [value for at, value in each.points if at_seconds - seconds < at <= at_seconds]
        if each.name == selector.name and values and _matches(each.labels, selector.matchers.matchers):
            found[frozenset(each.labels.items())] = values[-1] if last else sum(values)
    return found


def _matches(labels: Mapping[str, str], matchers: Iterable[Matcher]) -> bool:
    for matcher in matchers:
        value = labels.get(matcher.name, "")
        if matcher.op == MatchOp.Equal:
            is_met = value == matcher.value
        elif matcher.op == MatchOp.Re:
            is_met = bool(re.fullmatch(matcher.value, value))
        else:
            raise NotKnown(str(matcher))
        if not is_met:
            return False
    return True


def _aggregated(expression: AggregateExpr, vector: Vector) -> Vector:
    reduce = REDUCERS.get(str(expression.op))
    modifier = expression.modifier
    if reduce is None or (modifier and modifier.type != AggModifierType.By):
        raise NotKnown(expression.prettify())
    kept = set(modifier.labels) if modifier else set()
    groups: dict[Labels, list[float]] = defaultdict(list)
    for labels, value in vector.items():
        groups[frozenset(pair for pair in labels if pair[0] in kept)].append(value)
    return {labels: reduce(values) for labels, values in groups.items()}


def _joined(sign: str, left: Vector | float, right: Vector | float) -> Vector:
    if sign in ("or", "unless"):
        ours, theirs = _vector(left), _vector(right)
        if sign == "unless":
            return {labels: value for labels, value in ours.items() if labels not in theirs}
        return theirs | ours
    arithmetic = {"+": operator.add, "/": operator.truediv}.get(sign)
    if sign != ">" and arithmetic is None:
        raise NotKnown(sign)
    joined: Vector = {}
    for labels, value in _vector(left).items():
        other = right if isinstance(right, int | float) else right.get(labels)
        if other is None:
            continue
        if arithmetic:
            joined[labels] = arithmetic(value, other)
        elif value > other:
            joined[labels] = value
    return joined


def _vector(value: Vector | float) -> Vector:
    if isinstance(value, int | float):
        raise NotKnown(f"{value} stands where series are expected")
    return value
