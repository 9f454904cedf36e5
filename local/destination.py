"""The real project that the environment names, or the simulator's."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from function.state import destination_of
from partitioner.exits import Refused

# Source: https://docs.mixpanel.com/reference/ingestion-api (2026-08)
HOSTS = {
    "us": "https://api.mixpanel.com",
    "eu": "https://api-eu.mixpanel.com",
    "in": "https://api-in.mixpanel.com",
}
VARIABLES = (
    "MIXPANEL_TOKEN",
    "MIXPANEL_SERVICE_ACCOUNT",
    "MIXPANEL_PROJECT_ID",
    "MIXPANEL_REGION",
    "MIXPANEL_URL",
)
HOW = (
    "set MIXPANEL_TOKEN, or MIXPANEL_SERVICE_ACCOUNT (user:secret) with MIXPANEL_PROJECT_ID; "
    "and MIXPANEL_REGION where it isn't us"
)


@dataclass(frozen=True, slots=True)
class Destination:
    """`name` is the ledger's; `host` is where the records go; `knobs` are the function's, secrets among
    them.
    """

    name: str
    host: str
    knobs: Mapping[str, str] = field(repr=False)


def read_destination(environ: Mapping[str, str]) -> Destination:
    """Raises Refused, with what to set. The function checks every value once more."""
    knobs = {name: environ[name].strip() for name in VARIABLES if environ.get(name, "").strip()}
    token, account = "MIXPANEL_TOKEN" in knobs, "MIXPANEL_SERVICE_ACCOUNT" in knobs
    project_id = "MIXPANEL_PROJECT_ID" in knobs
    region = knobs.get("MIXPANEL_REGION", "us")
    if token == account or account != project_id:
        present = ", ".join(name for name in VARIABLES[:3] if name in knobs) or "none of them"
        raise Refused(f"the environment doesn't say which project: {HOW}. Set now: {present}")
    if region not in HOSTS:
        raise Refused(f"MIXPANEL_REGION is {region!r}; there are {', '.join(HOSTS)}")
    url = knobs.get("MIXPANEL_URL", "")
    name = destination_of(region, knobs.get("MIXPANEL_PROJECT_ID", ""), knobs.get("MIXPANEL_TOKEN", ""), url)
    # It becomes a folder's name; the function refuses such a project by itself, but only once it runs.
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise Refused("MIXPANEL_PROJECT_ID is not digits alone")
    return Destination(name, url or HOSTS[region], knobs)


def state_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Where what must outlive a run is kept.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/ (2026-08): a relative one is ignored.
    """
    configured = Path(environ.get("XDG_STATE_HOME", ""))
    base = configured if configured.is_absolute() else Path.home() / ".local" / "state"
    return base / "mixpanel-importer"
