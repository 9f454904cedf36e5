"""The program of `estimate`'s worker processes."""

from partitioner.amount import amount_of, encode_amount
from partitioner.jobs import Failed, Job, Profiled, ProfileSegment, Result, Setup
from partitioner.worker import main


def do(job: Job, setup: Setup) -> Result:
    assert isinstance(job, ProfileSegment)
    try:
        return Profiled(job.segment, encode_amount(amount_of(job.segment, setup.recipe)))
    except OSError as error:
        return Failed(str(error.strerror), str(error.filename or ""), error.errno or 0)


if __name__ == "__main__":
    main(do)
