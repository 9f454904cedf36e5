"""Prints each goal on a line of its own: met or missed, our figure, the goal, the references' figures."""

import argparse
import sys
from pathlib import Path

from benchmarks.governor import goals
from benchmarks.table import is_well, json_of, line_of, summary_of


def main() -> int:
    """1 where a goal is missed that the README doesn't argue."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.governor", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same there")
    parser.add_argument("--small", action="store_true", help="a minute's worth of it; no figure counts")
    arguments = parser.parse_args()
    measured = []
    for goal in goals(small=arguments.small):
        measured.append(goal)
        print(line_of(goal, small=arguments.small), flush=True)
    if arguments.json:
        arguments.json.write_text(json_of(measured, small=arguments.small) + "\n")
    print(summary_of(measured))
    return 0 if arguments.small or is_well(measured) else 1


if __name__ == "__main__":
    sys.exit(main())
