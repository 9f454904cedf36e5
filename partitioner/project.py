"""A Mixpanel project's pages, as far as a destination names it."""

# https://docs.mixpanel.com/docs/privacy/eu-residency and .../in-residency (2026-08).
_HOSTS = {"us": "mixpanel.com", "eu": "eu.mixpanel.com", "in": "in.mixpanel.com"}

# A project's number has 7 digits or so. What stands for a token are 12 hex digits, perhaps all decimal.
_MOST_DIGITS = 11


def events_page(destination: str) -> str:
    """Where its events can be looked at; a sentence where that can't be a link."""
    region, _, project = destination.partition("-")
    if region not in _HOSTS:
        return "in Mixpanel, Events of the project that MIXPANEL_URL leads to"
    if project.isdecimal() and len(project) <= _MOST_DIGITS:
        return f"https://{_HOSTS[region]}/project/{project}/app/events"
    return f"https://{_HOSTS[region]}: Events of the project whose token the function has"
