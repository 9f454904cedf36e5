"""How a row of CSV with newlines in its cells is one line: by bytes that are in no UTF-8.

Where these stand in the text itself, they are spelled out, so that a line always gives its row's exact bytes.
"""

from partitioner.formats import Csv

NEWLINE = b"\xff"
UNCLOSED = b"\xff"
"""At a line's end: its last quoted cell isn't closed. A newline can't stand there, the closing quote does."""

_ESCAPE = b"\xfe"
_ESCAPED = b"\xfe1"
_NEWLINE_ESCAPED = b"\xfe2"


def escape(text: bytes) -> bytes:
    """Of text that holds no marks yet. Bytes of one read need not be whole rows."""
    if _ESCAPE in text:
        text = text.replace(_ESCAPE, _ESCAPED)
    return text.replace(NEWLINE, _NEWLINE_ESCAPED)


def text_of(line: bytes, csv: Csv) -> bytes:
    """The row's bytes, as they stand in the file."""
    if not csv.is_quoted:
        return line
    text = line.removesuffix(UNCLOSED).replace(NEWLINE, b"\n")
    return text.replace(_NEWLINE_ESCAPED, NEWLINE).replace(_ESCAPED, _ESCAPE)
