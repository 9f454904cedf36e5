"""The options of `split` that say of which time records are, and in which order they go."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from partitioner.options import MomentType
from partitioner.windows import WindowsType


@dataclass(frozen=True, slots=True)
class When:
    """`windows` is empty for none. A canary is made with windows, too, without being asked for."""

    since: float | None
    until: float | None
    windows: str
    canary: bool


_OPTIONS = (
    click.option(
        "--since", type=MomentType(), help="Leave out records of an earlier `time`; they are counted."
    ),
    click.option("--until", type=MomentType(), help="Leave out records of this `time` and later."),
    click.option(
        "--windows",
        type=WindowsType(),
        help="Newest first: 7d,30d,rest are the 7 days before --as-of, the days before them up to the 30th, "
        "and what is older. Chunks go to a folder for each (DIR/01-7d/, ...), after a canary; "
        "`upload --follow` begins each when the one before is done.",
    ),
    click.option(
        "--canary",
        is_flag=True,
        help="Make the first chunk a canary for `upload --canary`: up to 2,000 records, some of every event.",
    ),
)


def when_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options, and calls it with one `when`, a When, in their place."""

    @wraps(command)
    def with_when(
        *args: Any,
        since: float | None,
        until: float | None,
        windows: str | None,
        canary: bool,
        **others: Any,
    ) -> None:
        if since is not None and until is not None and since >= until:
            raise click.UsageError(
                "--since isn't before --until, so that no record is left: change one of them"
            )
        command(*args, when=When(since, until, windows or "", canary or bool(windows)), **others)

    for option in reversed(_OPTIONS):
        with_when = option(with_when)
    return with_when
