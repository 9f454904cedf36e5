"""How much of a segment would be sent: records as sent, their bytes, and their days; counted in a worker."""

from collections import Counter
from collections.abc import Sequence

import deflate
import msgspec

from function.records import check
from partitioner.batch_file import DEFLATE_LEVEL
from partitioner.interval import Interval
from partitioner.jobs import Recipe
from partitioner.keys import DAY_SECONDS
from partitioner.read import Reader
from partitioner.segments import Segment
from partitioner.shape.shaping import as_it_is, shape


class Amount(msgspec.Struct):
    """`json_bytes` are as sent, with what mending adds; `file_bytes` are compressed as `split` does.

    `days` has the records of each UTC day since 1970, so it is as large as the export's span of time.
    """

    records: int = 0
    json_bytes: int = 0
    file_bytes: int = 0
    rejected: int = 0
    outside: int = 0
    days: dict[int, int] = {}

    def add(self, other: "Amount") -> None:
        self.records += other.records
        self.json_bytes += other.json_bytes
        self.file_bytes += other.file_bytes
        self.rejected += other.rejected
        self.outside += other.outside
        for day, records in other.days.items():
            self.days[day] = self.days.get(day, 0) + records


def amount_of(segment: Segment, recipe: Recipe) -> Amount:
    """Lines that are records already are taken as they stand, as by split."""
    amount = Amount()
    transform = recipe.shape.transform()
    for piece in segment.pieces:
        reader = Reader(piece)
        if reader.has_lines and transform is None:
            for block in reader.lines():
                if block.is_over_long:
                    amount.rejected += 1
                else:
                    _take(block.lines, recipe, amount)
        else:
            for rows in reader.rows():
                shaped = shape(rows.rows, transform or as_it_is)
                amount.rejected += len(shaped.flaws)
                _take(shaped.lines, recipe, amount)
        amount.rejected += bool(piece.damage)
    return amount


def _take(lines: Sequence[bytes], recipe: Recipe, amount: Amount) -> None:
    checked = check(lines, recipe.as_of)
    inside = Interval(recipe.since, recipe.until).inside(checked, lines, recipe.as_of)
    amount.rejected += len(checked.flaws)
    amount.outside += len(checked.lines) - len(inside.lines)
    if not inside.lines:
        return
    body = b"\n".join((*inside.lines, b""))
    amount.records += len(inside.lines)
    amount.json_bytes += len(body)
    amount.file_bytes += len(deflate.deflate_compress(body, DEFLATE_LEVEL))
    for day, records in Counter(time // DAY_SECONDS for time in inside.heads.times).items():
        amount.days[day] = amount.days.get(day, 0) + records


encode_amount = msgspec.msgpack.Encoder().encode
decode_amount = msgspec.msgpack.Decoder(Amount).decode
