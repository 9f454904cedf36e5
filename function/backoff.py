"""How long a batch waits before it is tried again."""

from collections.abc import Callable

FIRST_SECONDS = 2.0
MAX_SECONDS = 60.0
MIN_JITTER_SECONDS = 1.0
MAX_JITTER_SECONDS = 5.0


def backoff_seconds(attempt: int, retry_after_seconds: float | None, random: Callable[[], float]) -> float:
    """min(60, 2 * 2^(attempt - 1)) + 1 + 4 * random(); with a Retry-After, that in place of the first term.

    Mixpanel's own numbers: https://docs.mixpanel.com/reference/import-events (2026-08).

    Args:
        attempt: how many tries have failed, from 1.
        random: gives a number of [0, 1).
    """
    if retry_after_seconds is None:
        base_seconds: float = min(MAX_SECONDS, FIRST_SECONDS * 2.0 ** min(attempt - 1, 16))
    else:
        base_seconds = retry_after_seconds
    return base_seconds + MIN_JITTER_SECONDS + (MAX_JITTER_SECONDS - MIN_JITTER_SECONDS) * random()
