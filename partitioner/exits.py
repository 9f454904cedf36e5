"""How a command ends.

0 all well, 1 the user's data or set-up, 2 usage, 3 more rejected than allowed or counts that don't add up,
75 may pass: try again.
"""

import contextlib
from collections.abc import Iterator

import click

from function.errors import Terminal, Transient
from partitioner.stored import BucketRefused

REFUSED = 1
COUNTS_DIFFER = 3
TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h


class Refused(click.ClickException):
    """The user's data or set-up; the message names the fix."""

    exit_code = REFUSED


class TryAgain(click.ClickException):
    """May pass: the same command goes on where this one stopped."""

    exit_code = TRY_AGAIN


@contextlib.contextmanager
def as_exits(when_interrupted: str) -> Iterator[None]:
    """Turns what may come out of a command's work into its exit; the sentence is for Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise TryAgain(f"stopped; {when_interrupted}") from error
    except Transient as error:
        raise TryAgain(f"{error}; run the same command again") from error
    except (BucketRefused, Terminal) as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
