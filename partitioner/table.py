"""An account, put into words: a table to read, or JSON."""

from collections.abc import Iterator
from typing import Any

from function.state import Status
from partitioner.account import UNREADABLE, WAITING, Account, ChunkAccount, Tally

SHOWN = 10  # of the chunks of one status

WHAT_TO_DO = {
    Status.IMPORTING.value: "being worked on; look again later",
    Status.DEFERRED.value: "will be delivered again by itself; if that doesn't happen: {retry} --missing",
    WAITING: "not begun; if that doesn't change within the hour: {retry} --missing",
    Status.REFUSED.value: "once what the message says is mended: {retry} --refused",
    Status.QUARANTINED.value: "once the cause is known (the function's log has it): {retry} --quarantined",
    Status.LOST.value: "deleted before it was done: python -m partitioner upload, with the same folder",
    UNREADABLE: "mend the ledger entry or delete it, then: {retry} --missing",
}


def table(account: Account, *, retry: str, dead_letters: str) -> Iterator[str]:
    """Lines. `retry` is the command that sends again, without its last option."""
    yield f"{'':12}{'chunks':>10}{'records':>18}{'accepted':>18}{'rejected':>14}"
    for status, tally in account.tallies.items():
        yield _row(status, tally)
    if len(account.tallies) > 1:
        yield _row("total", account.total)
    if account.expected_records is not None:
        yield f"{'to import':12}{account.total.chunks:>10,}{account.expected_records:>18,}"
    if account.total.rejected:
        yield f"Each rejected record, with the reason: {dead_letters}"
    for status in account.tallies:
        chunks = [chunk for chunk in account.not_done if chunk.status == status]
        if chunks:
            yield from _not_done(status, chunks, retry)
    if account.discrepancies:
        yield ""
        yield f"{len(account.discrepancies):,} chunks whose counts don't add up:"
        yield from _some(f"{chunk.name}: {chunk.discrepancy}" for chunk in account.discrepancies)


def as_json(account: Account, *, destination: str) -> dict[str, Any]:
    return {
        "destination": destination,
        "settled": account.is_settled,
        "adds_up": account.adds_up,
        "chunks": account.total.chunks,
        "records_expected": account.expected_records,
        "records": account.total.records,
        "accepted": account.total.accepted,
        "rejected": account.total.rejected,
        "by_status": {status: _fields(tally) for status, tally in account.tallies.items()},
        "not_done": [
            {"chunk": chunk.name, "status": chunk.status, "message": chunk.message, **_fields(chunk)}
            for chunk in account.not_done
        ],
        "discrepancies": [
            {"chunk": chunk.name, "message": chunk.discrepancy, **_fields(chunk)}
            for chunk in account.discrepancies
        ],
    }


def _fields(counted: Tally | ChunkAccount) -> dict[str, int]:
    chunks = {"chunks": counted.chunks} if isinstance(counted, Tally) else {}
    return chunks | {
        "records": counted.records,
        "accepted": counted.accepted,
        "rejected": counted.rejected,
    }


def _row(name: str, tally: Tally) -> str:
    return f"{name:12}{tally.chunks:>10,}{tally.records:>18,}{tally.accepted:>18,}{tally.rejected:>14,}"


def _not_done(status: str, chunks: list[ChunkAccount], retry: str) -> Iterator[str]:
    yield ""
    yield f"{len(chunks):,} {status}: {WHAT_TO_DO[status].format(retry=retry)}"
    yield from _some(f"{chunk.name}: {chunk.message}" if chunk.message else chunk.name for chunk in chunks)


def _some(lines: Iterator[str]) -> Iterator[str]:
    for count, line in enumerate(lines):
        if count == SHOWN:
            yield "  ... (all of them: --json)"
            return
        yield f"  {line}"
