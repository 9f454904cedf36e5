"""The simulator as a program of its own: `python -m local.mixpanel.server --port 8080 --token abc`."""

import sys
from collections.abc import Sequence

from .command import simulator


def main(argv: Sequence[str] | None = None) -> None:
    """Serves until Ctrl-C or SIGTERM; a wrong argument leaves with 2."""
    simulator.main(args=None if argv is None else list(argv), prog_name="simulator", standalone_mode=True)


if __name__ == "__main__":
    main(sys.argv[1:])
