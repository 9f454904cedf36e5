"""What a bucket says: of an object, or of us."""

from dataclasses import dataclass
from datetime import datetime

from function.errors import ImporterError


class BucketRefused(ImporterError):  # noqa: N818 (one of function.errors' family, named like it)
    """The bucket isn't there, or isn't ours to use: only the user can change that. Says how."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A live object. `crc32c` is base64, as in a manifest; `created` is when this generation was made."""

    name: str
    generation: int
    size: int
    crc32c: str
    created: datetime
