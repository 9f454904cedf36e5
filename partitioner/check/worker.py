"""The program of `check`'s worker processes: one of its own, since its libraries are not for `split`."""

from partitioner.check.look import encode_profile, profile_of
from partitioner.jobs import Job, Profiled, ProfileSegment, Result, Setup
from partitioner.shape.shaping import as_it_is
from partitioner.worker import main


def do(job: Job, setup: Setup) -> Result:
    assert isinstance(job, ProfileSegment)
    transform = setup.recipe.shape.transform() or as_it_is
    profile = profile_of(job.segment, transform, setup.recipe.as_of)
    return Profiled(job.segment, encode_profile(profile))


if __name__ == "__main__":
    main(do)
