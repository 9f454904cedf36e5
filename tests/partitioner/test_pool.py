"""Worker processes."""

import errno
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from partitioner.jobs import Finished, Job, Recipe, Setup, WriteChunk
from partitioner.pool import Pool, WorkerDied
from partitioner.segments import Piece, Place, Segment
from partitioner.work import Work
from tests.fakes.exports import TIME_SECONDS, ndjson, records

RECIPE = Recipe("export", TIME_SECONDS + 86_400, 200_000, 200_000_000, 2_000, 2_000_000, keep_copies=False)


def setup_in(folder: Path) -> Setup:
    Work(folder, folder / "_work").make()
    return Setup(RECIPE, str(folder), str(folder / "_work"))


def jobs_of(path: Path, count: int) -> Iterator[Job]:
    path.write_bytes(ndjson(records(10)))
    for number in range(1, count + 1):
        piece = Piece(str(path), str(path), 0, path.stat().st_size, 1, 10, holds_letters=False)
        yield WriteChunk(Segment(number, (piece,), Place(), 0))


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "partitioner.worker" in " ".join(each.cmdline())]


def test_every_job_has_its_result(tmp_path: Path) -> None:
    """In whatever order they come."""
    with Pool(setup_in(tmp_path), 3) as pool:
        results = list(pool.run(jobs_of(tmp_path / "a", 20)))
        again = list(pool.run(jobs_of(tmp_path / "a", 2)))
    assert sorted(each.segment.number for each in results if isinstance(each, Finished)) == list(range(1, 21))
    assert len(again) == 2
    assert not children()


def test_one_job_starts_one_worker(tmp_path: Path) -> None:
    """However many there may be."""
    with Pool(setup_in(tmp_path), 8) as pool:
        for _ in pool.run(jobs_of(tmp_path / "a", 1)):
            assert len(children()) == 1


def test_a_workers_death_ends_the_run(tmp_path: Path) -> None:
    """As when the machine runs out of memory: said at once, not waited for."""
    with Pool(setup_in(tmp_path), 1) as pool:
        results = pool.run(jobs_of(tmp_path / "a", 1000))
        next(results)
        children()[0].kill()
        with pytest.raises(WorkerDied, match="-9"):
            list(results)
    assert not children()


def test_what_the_system_refuses_a_worker_is_raised_here(tmp_path: Path) -> None:
    """With its number, and the file."""
    setup = setup_in(tmp_path)
    jobs = list(jobs_of(tmp_path / "a", 1))
    (tmp_path / "a").unlink()
    with Pool(setup, 1) as pool, pytest.raises(OSError, match="No such file") as raised:
        list(pool.run(jobs))
    assert raised.value.errno == errno.ENOENT
    assert raised.value.filename == str(tmp_path / "a")


def test_what_making_a_job_raises_is_raised_here(tmp_path: Path) -> None:
    """As where an export can't be read any further."""

    def jobs() -> Iterator[Job]:
        yield from jobs_of(tmp_path / "a", 2)
        raise ValueError("no more")

    with Pool(setup_in(tmp_path), 2) as pool, pytest.raises(ValueError, match="no more"):
        list(pool.run(jobs()))
