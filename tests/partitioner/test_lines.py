"""Blocks of whole lines, whatever the reads."""

from hypothesis import given
from hypothesis import strategies as st

from partitioner.lines import MAX_LINE_BYTES, Block, count_lines, read_blocks, split_lines


@given(st.lists(st.binary(max_size=30).map(lambda data: data.replace(b"a", b"\n"))))
def test_blocks_are_the_stream_cut_at_line_ends(reads: list[bytes]) -> None:
    """Nothing is added, left out or moved; only the last block may end without a newline."""
    blocks = list(read_blocks(reads, start=7))
    assert b"".join(block.data for block in blocks) == b"".join(reads)
    assert all(block.data.endswith(b"\n") for block in blocks[:-1])
    at = 7
    for block in blocks:
        assert (block.start, block.end) == (at, at + len(block.data))
        at = block.end


@given(st.binary(max_size=60).map(lambda data: data.replace(b"a", b"\n")))
def test_lines_are_counted_as_they_are_split(data: bytes) -> None:
    """An unfinished last line is a line; a newline at the end begins none."""
    assert count_lines(data) == len(split_lines(data)) if data else count_lines(data) == 0


def test_a_line_over_16_mb_is_a_block_of_its_own_of_which_the_beginning_is_kept() -> None:
    """However long it is, no more than the limit and one read is in memory."""
    long = [b"x" * 1_000_000] * 40
    blocks = list(read_blocks([b"before\n", *long, b"end\nafter\n"]))
    assert [block.is_over_long for block in blocks] == [False, True, False]
    assert blocks[1] == Block(b"x" * (MAX_LINE_BYTES + 1) + b"\n", 7, 7 + 40_000_004, is_over_long=True)
    assert blocks[2].data == b"after\n"


def test_exactly_16_mb_are_a_line() -> None:
    """The limit itself passes, with its newline or at the end without."""
    line = b"x" * MAX_LINE_BYTES
    assert [block.is_over_long for block in read_blocks([line, b"\n", line])] == [False, False]
    assert [block.is_over_long for block in read_blocks([line, b"x"])] == [True]


def test_a_kept_beginning_is_over_long_again() -> None:
    """What a spool holds of such a line is judged as the line was."""
    (block,) = read_blocks([b"x" * MAX_LINE_BYTES, b"yz"])
    (again,) = read_blocks([block.data[:10_000_000], block.data[10_000_000:]])
    assert again.is_over_long
    assert again.data == block.data
