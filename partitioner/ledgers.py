"""Ledger entries as the commands read them; nothing here ever writes one."""

from collections.abc import Iterable, Iterator, Mapping
from os.path import commonprefix
from typing import TYPE_CHECKING

import click

from function.errors import UnreadableState
from function.state import Entry, decode_entry, destination_of, ledger_name
from partitioner.exits import Refused
from partitioner.threads import each

if TYPE_CHECKING:
    from partitioner.storage import Bucket

# An entry is read in one round trip of some 50 ms: 50,000 of them in little more than a minute.
READERS = 32


class Ledgers:
    """The entries of some chunks at one destination, by listing: cheap to ask again.

    The listing is narrowed to what the names have in common, and an entry is read only where its generation
    is another than the last time.
    """

    def __init__(self, state: "Bucket", destination: str, chunk_names: Iterable[str]) -> None:
        self._state = state
        self._chunks = {ledger_name(destination, name): name for name in chunk_names}
        self._prefix = commonprefix(list(self._chunks))  # noqa: RUF071 (letters, not folders: names are keys)
        self._generations: dict[str, int] = {}

    def changes(self, since: str = "") -> Iterator[tuple[str, Entry | UnreadableState | None]]:
        """What changed since the last time, as chunk names with their entries; None for an entry that went.

        Chunks whose ledger's name sorts before `since` are left alone.
        """
        there = {
            stored.name: stored.generation
            for stored in (self._state.objects(self._prefix, start=since) if self._chunks else ())
            if stored.name in self._chunks
        }
        changed = [name for name, generation in there.items() if self._generations.get(name) != generation]
        gone = [name for name in self._generations if name >= since and name not in there]
        for name, entry in each(changed, self._read, threads=READERS):
            if entry is None:
                gone.append(name)
                continue
            self._generations[name] = there[name]
            yield self._chunks[name], entry
        for name in gone:
            self._generations.pop(name, None)
            yield self._chunks[name], None

    def _read(self, name: str) -> Entry | UnreadableState | None:
        return read_entry(self._state, name)


def read_entry(state: "Bucket", name: str) -> Entry | UnreadableState | None:
    """None where there is none. One that can't be read is a value: the others are still worth reading."""
    data = state.read(name)
    if data is None:
        return None
    try:
        return decode_entry(data)
    except UnreadableState as error:
        return UnreadableState(f"{error} ({state_url(state, name)}; mend it, or delete it to start over)")


def state_url(state: "Bucket", name: str) -> str:
    return f"gs://{state.name}/{name}"


def find_destination(state: "Bucket", environ: Mapping[str, str]) -> str:
    """The one that the environment's credentials name, or else the only one there.

    Raises Refused where there is none yet, click.UsageError where there are several.
    """
    named = destination_named_by(environ)
    if named:
        return named
    found = state.folders("ledger/")
    if not found:
        raise Refused(
            f"gs://{state.name}/ledger/ is empty: no import has begun. Say which to wait for with "
            f"--destination, or set MIXPANEL_TOKEN or MIXPANEL_PROJECT_ID as the function has them"
        )
    if len(found) > 1:
        raise click.UsageError(
            f"gs://{state.name} holds several destinations; choose one with --destination: {', '.join(found)}"
        )
    return found[0]


def destination_named_by(environ: Mapping[str, str]) -> str:
    """Empty where the environment names no project; reads the variables that the function reads."""

    def value(variable: str) -> str:
        return environ.get(variable, "").strip()

    token, project_id = value("MIXPANEL_TOKEN"), value("MIXPANEL_PROJECT_ID")
    if not token and not project_id:
        return ""
    return destination_of(value("MIXPANEL_REGION") or "us", project_id, token, value("MIXPANEL_URL"))
