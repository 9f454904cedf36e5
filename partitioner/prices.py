"""Google's list prices, of us-central1; us-east1, us-west1 and europe-west1 have the same.

Each with the page it stands on and when that was read. Free allotments and taxes are left out.
"""

from dataclasses import dataclass

GIB, TIB, GB = 2**30, 2**40, 10**9
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` for one `unit`. Where it falls with the amount, `tiers` are (up to so many units, usd); a last
    one without an end is the price from there on.
    """

    usd: float
    unit: str
    source: str
    date: str
    tiers: tuple[tuple[float, float], ...] = ()

    def of(self, units: float) -> float:
        """US dollars for so many units in a month."""
        paid, begin = 0.0, 0.0
        for end, usd in (*self.tiers, (float("inf"), self.usd)):
            paid += max(0.0, min(units, end) - begin) * usd
            begin = end
        return paid


_RUN = "https://cloud.google.com/run/pricing"
_STORAGE = "https://cloud.google.com/storage/pricing-examples"
_OBSERVABILITY = "https://cloud.google.com/stackdriver/pricing"
_DATE = "2026-11-23"

EGRESS = Price(
    usd=0.08,
    unit="GiB",
    source=_STORAGE,
    date=_DATE,
    # To the Americas, Europe, Asia: Cloud Run sends by the Premium tier.
    tiers=((1_024, 0.12), (10_240, 0.11)),
)
VCPU = Price(0.000024, "vCPU-second", _RUN, _DATE)
MEMORY = Price(0.0000025, "GiB-second", _RUN, _DATE)
REQUEST = Price(0.40e-6, "request", _RUN, _DATE)
STORAGE = Price(0.020, "GB-month", _STORAGE, _DATE)
CLASS_A = Price(0.005e-3, "class A operation", _STORAGE, _DATE)
CLASS_B = Price(0.0004e-3, "class B operation", _STORAGE, _DATE)
PUBSUB = Price(40.0, "TiB", "https://cloud.google.com/pubsub/pricing", "2026-11-24")
LOGS = Price(0.50, "GiB", _OBSERVABILITY, _DATE)
METRICS = Price(0.2580, "MiB", _OBSERVABILITY, _DATE)
