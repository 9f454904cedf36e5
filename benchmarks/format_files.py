"""The same rows as a file of each format, and each format's bare read by a library."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

SHAPED, MAPPED = "in Mixpanel's shape", "in columns, mapped"
BATCH_ROWS = 10_000
COLUMNS = {
    "time": "long",
    "distinct_id": "string",
    "insert_id": "string",
    "$os": "string",
    "$city": "string",
    "$browser": "string",
    "$screen_width": "long",
    "$current_url": "string",
    "session": "string",
    "campaign": "string",
    "logged_in": "boolean",
    "price": "double",
    "category": "string",
}
ARROW = {"string": pa.string(), "long": pa.int64(), "boolean": pa.bool_(), "double": pa.float64()}
Row = dict[str, Any]


def rows(generated: Path, shape: str) -> Iterator[Row]:
    """Lists and what has a column in few records, for which CSV has no place, are left out."""
    with generated.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                record = json.loads(line)
                event, properties = record["event"], dict(record["properties"])
            except (ValueError, TypeError, KeyError):
                event, properties = "Flawed", {}  # on purpose
            properties["insert_id"] = properties.get("$insert_id")
            columns = {name: _value(properties.get(name), kind) for name, kind in COLUMNS.items()}
            if shape == MAPPED:
                yield {"event": event, **columns}
            else:
                columns["$insert_id"] = columns.pop("insert_id")
                yield {"event": event, "properties": columns}


def _value(value: Any, kind: str) -> Any:
    wanted: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "long": (int,),
        "boolean": (bool,),
        "double": (int, float),
    }
    return value if isinstance(value, wanted[kind]) else None


def _present(row: Row) -> Row:
    return {
        name: _present(value) if isinstance(value, dict) else value
        for name, value in row.items()
        if value is not None
    }


def write_ndjson(rows: Iterable[Row], file: Path, _shape: str) -> None:
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(_present(row), ensure_ascii=False) + "\n" for row in rows)


def read_ndjson(file: Path) -> None:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            json.loads(line)


def write_array(rows: Iterable[Row], file: Path, _shape: str) -> None:
    with file.open("w", encoding="utf-8") as text:
        text.write("[")
        for index, row in enumerate(rows):
            text.write(("," if index else "") + "\n  " + json.dumps(_present(row), ensure_ascii=False))
        text.write("\n]\n")


def read_array(file: Path) -> None:
    with file.open(encoding="utf-8") as text:
        json.load(text)


def write_csv(rows: Iterable[Row], file: Path, _shape: str) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, ["event", *COLUMNS])
        writer.writeheader()
        writer.writerows(rows)


def read_csv(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as text:
        for _ in csv.reader(text):
            pass


def write_parquet(rows: Iterable[Row], file: Path, shape: str) -> None:
    """One row group of them all, which is the hardest for memory."""
    fields = [pa.field(name, ARROW[kind]) for name, kind in _columns(shape).items()]
    inner = [pa.field("properties", pa.struct(fields))] if shape == SHAPED else fields
    schema = pa.schema([pa.field("event", pa.string()), *inner])
    batches = [pa.RecordBatch.from_pylist(part, schema) for part in _parts(rows)]
    pq.write_table(pa.Table.from_batches(batches), file, row_group_size=1_000_000_000)


def read_parquet(file: Path) -> None:
    for _ in pq.ParquetFile(file).iter_batches(use_threads=False):
        pass


def write_avro(rows: Iterable[Row], file: Path, shape: str) -> None:
    """With names that fastavro takes, though `$` is no letter of one in Avro."""
    fields = [{"name": name, "type": ["null", kind]} for name, kind in _columns(shape).items()]
    inner: Any = {"name": "properties", "type": {"type": "record", "name": "Properties", "fields": fields}}
    own = [{"name": "event", "type": "string"}, *([inner] if shape == SHAPED else fields)]
    schema = {"type": "record", "name": "Row", "fields": own}
    with file.open("wb") as target:
        fastavro.writer(target, schema, rows, codec="snappy")


def _columns(shape: str) -> dict[str, str]:
    return {
        "$insert_id" if name == "insert_id" and shape == SHAPED else name: kind
        for name, kind in COLUMNS.items()
    }


def read_avro(file: Path) -> None:
    with file.open("rb") as blocks:
        for _ in fastavro.reader(blocks):
            pass


def _parts(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    left = iter(rows)
    while part := list(islice(left, BATCH_ROWS)):
        yield part
