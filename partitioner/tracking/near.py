"""What a name that isn't there was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

_LIKENESS = 0.8  # `emial` and `email`: 0.8; `card` and `cart`, as two names of an export may be: 0.75
_OF_FEW = 0.6  # of the few words that a key or an action can be: `hsah` and `hash`: 0.75


def near(name: str, names: Iterable[str], likeness: float = _LIKENESS) -> str:
    """The name that is most like it, empty where none is."""
    by_folded = {each.casefold(): each for each in names}
    found = get_close_matches(name.casefold(), by_folded, 1, likeness)
    return by_folded[found[0]] if found else ""


def meant(name: str, names: Iterable[str]) -> str:
    """As the end of a sentence that says what is wrong with the name."""
    names = list(names)
    found = near(name, names, _OF_FEW)
    return f'; did you mean "{found}"?' if found else f" (there are {', '.join(names)})"
