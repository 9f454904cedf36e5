"""`--tracking FILE`, as a value."""

import os
from pathlib import Path
from typing import Any

import click

from partitioner.tracking.key import read_key, with_key
from partitioner.tracking.load import load_plan
from partitioner.tracking.plan import Plan


class PlanType(click.ParamType[Plan]):
    """The plan in a file, with the mark of the environment's key.

    Raises Refused where the file is no plan, or the key is missing.
    """

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Plan:
        if isinstance(value, Plan):
            return value
        try:
            plan = load_plan(Path(value))
        except OSError as error:
            self.fail(f"{value} can't be read: {error.strerror}", param, ctx)
        return with_key(plan, read_key(os.environ))
