"""Names for the columns of text that has none in its first line."""

from collections.abc import Sequence

import msgspec

from partitioner.formats import Csv
from partitioner.formats.csv_dialect import named
from partitioner.shape.preset import load_preset, names


class Nameless(ValueError):  # noqa: N818 (what the columns are)
    """Says how many columns there are, and how to give them names."""


def with_names(form: Csv, columns: Sequence[str]) -> Csv:
    """As they were said; else, where as many columns as one preset knows are without names, as that has them.

    Raises Nameless where they are needed and not known, or are of another number.
    """
    if columns and len(columns) == len(form.columns):
        return named(msgspec.structs.replace(form, has_header=False), columns)
    if form.has_header:
        return form
    if not columns:
        columns = next((known for known in _known() if len(known) == len(form.columns)), ())
    if len(columns) != len(form.columns):
        said = f"; {len(columns):,} are given" if columns else ""
        raise Nameless(
            f"{len(form.columns):,} columns without names{said} (give them, like --columns user,event,time)"
        )
    return named(form, columns)


def _known() -> list[tuple[str, ...]]:
    return [load_preset(name).columns for name in names()]
