"""What a transform takes and gives: a row of the user's export, and what Mixpanel is to have of it.

    def transform(row: Row) -> Result

A row is a JSON object as Python has it, but for numbers with a fraction or an exponent: those are
msgspec.Raw, so that they are written as they were spelled (`1.10` stays `1.10`). Integers are int, of any
size. Rows of CSV, Parquet and Avro are given in the same form.

What comes back is a record (`{"event": ..., "properties": {...}}`, in the order it is to be written), an
Aside, or a list of these where one row holds several. Unusable is raised where a row can't become a record;
any other exception is taken for the same and named. A transform has no state and does no input or output.
"""

from typing import Any

import msgspec

Row = dict[str, Any]
Record = dict[str, Any]


class Aside(msgspec.Struct, frozen=True):
    """A row that is no event, but a profile, a group or an alias; kept as it is in `_other/<kind>`.

    `kind` is lower-case letters, digits and `-`.
    """

    kind: str


Result = Record | Aside | list[Record | Aside]


class Unusable(ValueError):  # noqa: N818 (what the row is)
    """Why a row is no record. Field and message stand in the report and hold none of the row's values."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def number(spelled: str) -> msgspec.Raw:
    """A number that is written as it is spelled, which must be valid JSON."""
    return msgspec.Raw(spelled.encode())


decode_row = msgspec.json.Decoder(Row, float_hook=number).decode
"""Of a JSON object. Raises ValueError: msgspec.DecodeError, or UnicodeDecodeError."""

encode_row = msgspec.json.Encoder().encode
"""On one line. A lone surrogate raises UnicodeEncodeError."""


def spelling(value: Any) -> str | None:
    """A number as it is spelled, None for what is no number."""
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
