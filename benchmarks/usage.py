"""What a process has used: CPU to the nanosecond, and the most memory it ever had resident."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Use:
    """What it took to send so many records; the peak is that of the process's whole life."""

    records: int
    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float

    @property
    def cpu_seconds_a_million(self) -> float:
        return self.cpu_seconds * 1_000_000 / self.records

    def __str__(self) -> str:
        cpu = f"{self.cpu_seconds_a_million:.2f} CPU-s/M"
        return f"{cpu}, {self.wall_seconds:.2f} s wall, {self.peak_megabytes:.0f} MB"


def cpu_seconds(pid: int) -> float:
    """User and system, of all its threads, those that ended too.

    The number of another process's CPU clock is what clock_getcpuclockid(3) makes of its id on Linux; /proc
    counts in hundredths, which is a tenth of what 200,000 send-ready records take.
    """
    return time.clock_gettime((~pid << 3) | 2)


def peak_megabytes(pid: int) -> float:
    """VmHWM: unlike getrusage's ru_maxrss, it doesn't begin with what the parent had. MB of 10^6 bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def descendants(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
