"""The names that Snowplow's SDKs and warehouses make of the schemas of Iglu, its registry.

Source: https://github.com/snowplow/snowplow-scala-analytics-sdk (2026-08)
"""

import re
from functools import lru_cache

_SCHEMA = re.compile(r"iglu:([^/]+)/([^/]+)/jsonschema/(\d+)-\d+-\d+")
_HUMP = re.compile(r"([^A-Z_])([A-Z])")


@lru_cache(maxsize=10_000)
def parts_of(schema: str) -> tuple[str, str, str] | None:
    """Vendor, name and major version, or None for what is no JSON schema of Iglu's."""
    parts = _SCHEMA.match(schema)
    return None if parts is None else (parts[1], parts[2], parts[3])


@lru_cache(maxsize=10_000)
def key_of(column: str, vendor: str, name: str, major: str) -> str:
    """`contexts_com_acme_sign_up_1` of com.acme, signUp, 1."""
    snake = _HUMP.sub(r"\1_\2", name)
    return f"{column}_{vendor}_{snake}".replace(".", "_").replace("-", "_").lower() + f"_{major}"
