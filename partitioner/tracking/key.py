"""The key that hashes are made with. It stays in the environment: no file, argument or message has it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from partitioner.exits import Refused
from partitioner.tracking.plan import Plan

KEY, KEY_FILE = "TRACKING_KEY", "TRACKING_KEY_FILE"
MIN_KEY_BYTES = 16

_HOW = (
    f"once and for all: export {KEY}=$(openssl rand -hex 32), kept where you keep passwords, or name a file "
    f"with {KEY_FILE} (as Secret Manager mounts one)"
)


def read_key(environ: Mapping[str, str]) -> bytes | None:
    """None where there is none. Raises Refused for one that is no good, and for two."""
    named, file = environ.get(KEY, ""), environ.get(KEY_FILE, "")
    if named and file:
        raise Refused(f"{KEY} and {KEY_FILE} are both set: unset one")
    if not named and not file:
        return None
    try:
        key = Path(file).read_bytes().strip() if file else named.strip().encode()
    except OSError as error:
        raise Refused(f"{KEY_FILE} names {file}, which can't be read: {error.strerror}") from error
    if len(key) < MIN_KEY_BYTES:
        raise Refused(
            f"{KEY_FILE if file else KEY} is shorter than {MIN_KEY_BYTES} bytes, so hashes could be guessed; "
            f"make one {_HOW}"
        )
    return key


def with_key(plan: Plan, key: bytes | None) -> Plan:
    """The plan with the key's mark. Raises Refused where it needs a key and there is none."""
    if key is not None:
        return msgspec.structs.replace(plan, key_mark=mark_of(key))
    if plan.rules.changes_properties:
        raise Refused(
            "the tracking plan hashes, drops or truncates properties, which needs a key (also for the "
            f"$insert_id of such a record, which would give away what it had). Make one {_HOW}"
        )
    return plan


def keyed(key: bytes, purpose: bytes, size: int = 16) -> "hashlib.blake2b":
    """A hash to be copied and filled. BLAKE2b takes keys of up to 64 bytes; a longer one is hashed first."""
    if len(key) > hashlib.blake2b.MAX_KEY_SIZE:
        key = hashlib.blake2b(key).digest()
    return hashlib.blake2b(key=key, digest_size=size, person=purpose)


def mark_of(key: bytes) -> str:
    """By which a run that goes on sees that the key is still the same."""
    return keyed(key, b"mark", 4).hexdigest()
