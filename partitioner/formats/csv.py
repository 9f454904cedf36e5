"""Lays out CSV: each row on a line of its own, in bounded memory whatever is in it.

A quote opens a cell where it is the cell's first character, and is text anywhere else; what stands behind the
closing one up to the delimiter is text too. (So Python's csv module and pyarrow read it.)

A quote that isn't closed must not swallow the file. A cell that goes over several lines has to be closed in
front of a delimiter or the row's end, and within MAX_LINE_BYTES; else its row ends with the line that it
began on, is marked (marks.py), and the next line is a row again.
"""

import re
from collections.abc import Iterable, Iterator

from partitioner.formats import Csv
from partitioner.formats.begun import Begun, gathered
from partitioner.formats.marks import NEWLINE, UNCLOSED, escape
from partitioner.lines import MAX_LINE_BYTES

_CELL = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')


def lay_out_csv(reads: Iterable[bytes], csv: Csv) -> Iterator[bytes]:
    """Without the header. A last row may lack its newline, as it does in the file."""
    if csv.is_quoted:
        reads = gathered(_Rows(reads, csv.delimiter).laid_out())
    return _without_first_line(reads) if csv.has_header else iter(reads)


class _Rows:
    def __init__(self, reads: Iterable[bytes], delimiter: str) -> None:
        self._begun = Begun(escape(data) for data in reads)
        before, ends = re.escape(delimiter.encode()), delimiter.encode() + b"\r\n"
        self._ends = (*(ends[at : at + 1] for at in range(len(ends))), b"")
        # Text, newlines between rows, quotes within text, and quoted cells that are on one line.
        self._run = re.compile(
            rb'(?:[^"]++|(?<=[^%b\n])"|(?<![^%b\n])"[^"\n]*+(?:""[^"\n]*+)*+")*+' % (before, before)
        )

    def laid_out(self) -> Iterator[bytes]:
        while self._begun.grow() or self._begun.bytes:
            yield from self._whole_rows()

    def _whole_rows(self) -> Iterator[bytes]:
        """Leaves the buffer where the last row begins, unless it is whole, as the stream's last always is."""
        begun, row, at = self._begun, list[bytes](), self._begun.at
        data = begun.data
        while at < len(data):
            run = self._run.match(data, at)
            assert run
            stop = run.end()
            newline = data.rfind(b"\n", at, stop) + 1
            if newline:
                yield b"".join((*row, memoryview(data)[at:newline]))
                begun.at, at, row = newline, newline, []
            if stop == len(data):
                break
            cell = _CELL.match(data, stop)
            is_told = begun.is_last or begun.bytes > MAX_LINE_BYTES or (cell and cell.end() < len(data))
            if not is_told:
                return
            if cell and data[cell.end() : cell.end() + 1] in self._ends:
                row += data[at:stop], cell[0].replace(b"\n", NEWLINE)
                at = cell.end()
            else:
                end = data.find(b"\n", stop)
                end = len(data) if end < 0 else end
                yield b"".join((*row, data[at:end].rstrip(b"\r"), UNCLOSED, data[end : end + 1]))
                at, row = end + 1, []
                begun.at = min(at, len(data))
        if begun.is_last or begun.bytes > MAX_LINE_BYTES:
            yield b"".join((*row, data[at:]))
            begun.at = len(data)
            yield from self._to_line_end()

    def _to_line_end(self) -> Iterator[bytes]:
        """The rest of a row that is over-long, whatever it holds."""
        begun = self._begun
        while begun.grow():
            newline = begun.data.find(b"\n") + 1
            begun.at = newline or len(begun.data)
            yield begun.data[: begun.at]
            if newline:
                return


def _without_first_line(reads: Iterable[bytes]) -> Iterator[bytes]:
    reads = iter(reads)
    for data in reads:
        _, newline, rest = data.partition(b"\n")
        if newline:
            yield rest
            break
    yield from reads
