"""How the bytes of an export hold its rows."""

import msgspec


class Ndjson(msgspec.Struct, frozen=True, tag="ndjson"):
    """One JSON object a line."""


class JsonArray(msgspec.Struct, frozen=True, tag="json-array"):
    """JSON arrays of objects, spread over lines however they are."""


class Csv(msgspec.Struct, frozen=True, tag="csv"):
    """Text in columns. Where `is_quoted`, a cell in double quotes may hold anything (RFC 4180)."""

    columns: tuple[str, ...]
    delimiter: str = ","
    is_quoted: bool = True
    has_header: bool = True


class Parquet(msgspec.Struct, frozen=True, tag="parquet"):
    """Rows in groups, which are found by number."""


class Avro(msgspec.Struct, frozen=True, tag="avro"):
    """An object container file: rows in blocks, which are found by number."""


Format = Ndjson | JsonArray | Csv | Parquet | Avro

NDJSON = Ndjson()

TEXT = (Ndjson, JsonArray, Csv)
"""Read from first to last, each row laid out as one line; rows of the others are found by number."""


def first_row(form: Format) -> int:
    """Its number, from 1: as tables show it, a header is a row too."""
    return 2 if isinstance(form, Csv) and form.has_header else 1
