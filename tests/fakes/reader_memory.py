"""What reading a chunk takes, in a process of its own."""

import resource
import subprocess
import sys
from pathlib import Path

# A process's ru_maxrss begins with what its parent had at the time (Linux): here that is this very program,
# with all it has imported, and not pytest.
_READ = """
import os, resource, sys
from function.batches import read_batches
from function.errors import NotImportable
from function.state import Position
from tests.fakes.bytes_source import FileSource

child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
reason = "whole"
try:
    for batch in read_batches(FileSource(sys.argv[1]), Position()):
        del batch
except NotImportable as error:
    reason = error.reason
print(reason, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def read_chunk(path: Path, *, most_seconds: int = 120) -> tuple[str, float]:
    """What ended the reading ("whole": nothing did), and how many megabytes it took at most.

    Fails beyond so many seconds of CPU.
    """

    def limit_time() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds))

    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path.cwd(),
        preexec_fn=limit_time,
    )
    reason, kilobytes = done.stdout.split()
    return reason, int(kilobytes) / 1000
