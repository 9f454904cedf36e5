"""What a value becomes where the plan says `hash`.

32 hex digits of BLAKE2b, keyed: of a text's UTF-8, of any other value's JSON, so that `7` and `"7"` (one id,
for Mixpanel) have the same, and the same value has the same in every property, record and run with this key.
null and "" stay. So do, in distinct_id, $user_id and $device_id, the placeholders which Mixpanel refuses as
ids, since hashed they would be one busy user; and before a hash, the `$device:` by which Mixpanel tells
device ids: joins hold.
"""

from typing import Any

from function.identity import FORBIDDEN_IDS, says_nothing, text_of
from partitioner.tracking.key import keyed

_DEVICE = "$device:"


class Hashes:
    """Of one key. Values and `$insert_id`s are hashed apart: none of the one kind equals any of the other."""

    def __init__(self, key: bytes) -> None:
        self._of_values, self._of_ids = keyed(key, b"value"), keyed(key, b"insert_id")

    def of(self, value: Any) -> Any:
        if says_nothing(value):
            return value
        text = value if isinstance(value, str) else text_of(value)
        hashed = self._of_values.copy()
        if text.startswith(_DEVICE):
            hashed.update(text[len(_DEVICE) :].encode("utf-8", "surrogatepass"))
            return _DEVICE + hashed.hexdigest()
        hashed.update(text.encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()

    def of_id(self, value: Any) -> Any:
        """Of whose the record is."""
        return value if text_of(value) in FORBIDDEN_IDS else self.of(value)

    def of_insert_id(self, insert_id: str) -> str:
        hashed = self._of_ids.copy()
        hashed.update(insert_id.encode())
        return hashed.hexdigest()
