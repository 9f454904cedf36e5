"""The door to Mixpanel: posts one batch and gives back what the answer means."""

from dataclasses import dataclass, field

from .answers import Answer, Failure, Outcome

__all__ = ["Answer", "Failure", "Mixpanel", "Outcome", "Parcel"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one POST carries. `body` is gzip; `json_bytes` is its size inflated."""

    body: bytes = field(repr=False)
    records: int
    json_bytes: int


class Mixpanel:
    def __init__(self, url: str, auth: tuple[str, str], pool_size: int) -> None:
        raise NotImplementedError

    def post(self, parcel: Parcel, timeout_seconds: float) -> Answer:
        """Posts the parcel once. Whatever the network does is an Answer too; nothing is raised for it."""
        raise NotImplementedError
