"""Makes a failing plan smaller for as long as it breaks the same rule."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from tests.torture.plan import Chunk, Content, Plan
from tests.torture.world import Ran, World

T = TypeVar("T")


def rule_of(ran: Ran) -> str:
    return ran.violation.partition(":")[0]


def shrink(plan: Plan, ran: Ran, most_runs: int = 400) -> tuple[Plan, Ran]:
    """The smallest plan found within so many runs, and its run. Each step drops or simplifies one thing."""
    rule, left = rule_of(ran), most_runs
    has_shrunk = True
    while has_shrunk and left > 0:
        has_shrunk = False
        for smaller in smaller_plans(plan):
            left -= 1
            again = World(smaller).run()
            if rule_of(again) == rule:
                plan, ran, has_shrunk = smaller, again, True
                break
            if left <= 0:
                break
    return plan, ran


def smaller_plans(plan: Plan) -> Iterator[Plan]:
    """The boldest steps first."""
    yield from _without_something(plan)
    for index, chunk in enumerate(plan.chunks):
        for smaller in smaller_chunks(chunk):
            yield replace(plan, chunks=(*plan.chunks[:index], smaller, *plan.chunks[index + 1 :]))
    if plan.clocks_apart_seconds:
        yield replace(plan, clocks_apart_seconds=0.0)
    for index, strike in enumerate(plan.strikes):
        if strike.times > 1:
            fewer = replace(strike, times=1)
            yield replace(plan, strikes=(*plan.strikes[:index], fewer, *plan.strikes[index + 1 :]))


def _without_something(plan: Plan) -> Iterator[Plan]:
    for chunks in without_one(plan.chunks):
        if chunks:
            yield replace(plan, chunks=chunks)
    for deployments in without_one(plan.deployments):
        yield replace(plan, deployments=deployments)
    for weathers in without_one(plan.weathers):
        yield replace(plan, weathers=weathers)
    for strikes in without_one(plan.strikes):
        yield replace(plan, strikes=strikes)
    for name in plan.switches:
        yield replace(plan, switches={key: value for key, value in plan.switches.items() if key != name})


def without_one(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    for index in range(len(items)):
        yield items[:index] + items[index + 1 :]


def smaller_chunks(chunk: Chunk) -> Iterator[Chunk]:
    for uploads in without_one(chunk.uploads):
        if uploads and uploads[0].content >= 0:
            yield replace(chunk, uploads=uploads)
    for index, upload in enumerate(chunk.uploads):
        for arrivals in without_one(upload.arrivals):
            if arrivals:
                fewer = replace(upload, arrivals=arrivals)
                yield replace(chunk, uploads=(*chunk.uploads[:index], fewer, *chunk.uploads[index + 1 :]))
    for index, content in enumerate(chunk.contents):
        for simpler in simpler_contents(content):
            yield replace(chunk, contents=(*chunk.contents[:index], simpler, *chunk.contents[index + 1 :]))


def simpler_contents(content: Content) -> Iterator[Content]:
    if content.lines > 1 and content.poison < content.lines // 2:
        yield replace(content, lines=content.lines // 2)
    if content.same_ids:
        yield replace(content, same_ids=False)
    if content.flawed:
        yield replace(content, flawed=0.0)
    if content.refused:
        yield replace(content, refused=0.0)
    if content.mended:
        yield replace(content, mended=0.0)
