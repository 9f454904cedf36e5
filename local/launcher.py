"""Becomes the command it is given, beside a watcher that ends the whole process group with the parent.

Run as a script with the standard library alone: `python -I -S launcher.py FD COMMAND...`. FD is the read end
of a pipe that nobody writes to; it ends when the parent lets go of it, however the parent dies (SIGKILL too).
A parent-death signal (prctl) would follow the thread that started us instead of the process, and would not
reach gunicorn's workers.
"""

import os
import signal
import sys


def main() -> None:
    leash, command = int(sys.argv[1]), sys.argv[2:]
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.read(leash, 1)
        os.killpg(0, signal.SIGKILL)
    os.close(leash)
    os.execvp(command[0], command)  # noqa: S606 (becoming another program is what this one is for)


if __name__ == "__main__":
    main()
