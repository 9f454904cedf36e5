"""Names for the columns of text that has none in its first line."""

from collections.abc import Sequence

import msgspec

from partitioner.exits import Refused
from partitioner.formats import Csv
from partitioner.formats.csv_dialect import named
from partitioner.shape.preset import load_preset, names


def with_names(form: Csv, columns: Sequence[str], file: str) -> Csv:
    """As they were said; else, where as many columns as one preset knows are without names, as that has them.

    Raises Refused where they are needed and not known, or are of another number.
    """
    if columns and len(columns) == len(form.columns):
        return named(msgspec.structs.replace(form, has_header=False), columns)
    if form.has_header:
        return form
    if not columns:
        columns = next((known for known in _known() if len(known) == len(form.columns)), ())
    count = len(form.columns)
    if len(columns) != count:
        said = f" and {len(columns):,} names are given" if columns else ""
        raise Refused(
            f"{file} has {count:,} columns and no names for them in its first line{said}: give them with "
            "--columns, like --columns user,event,time"
        )
    return named(form, columns)


def _known() -> list[tuple[str, ...]]:
    return [load_preset(name).columns for name in names()]
