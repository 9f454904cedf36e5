"""The governor held against a virtual Mixpanel, beside a fixed rate and a plain exponential backoff.

    python -m benchmarks.governor [--json FILE]

Virtual time: a rolling minute that counts what is refused too, requests that take their time there and back,
and the function's own governor, queue of parcels, backoff and admission, with the local topic's backlog.
"""

from benchmarks.governor.promises import goals

__all__ = ["goals"]
