"""Presets: modules that know the export of one vendor, ours by name and the user's own by path.

def transform(row: Row) -> Result       # needed; rows.py says what these are
def recognises(row: Row) -> bool        # true only where no other export has such a row
"""

import hashlib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from partitioner import presets
from partitioner.shape.flags import near
from partitioner.shape.rows import Result, Row


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    """As load_preset takes it; a path is an absolute one."""
    transform: Callable[[Row], Result]
    recognises: Callable[[Row], bool]
    source_hash: str
    """Of the file's bytes; for ours, with those that they share."""
    columns: tuple[str, ...] = ()
    """Of text in columns that has no names of its own."""


def names() -> list[str]:
    """Our presets', sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(presets.__path__) if module.name[0] != "_")


def is_path(name_or_path: str) -> bool:
    return name_or_path.endswith(".py") or "/" in name_or_path


def load_preset(name_or_path: str) -> Preset:
    """Raises click.ClickException: no such preset or file, or one that can't be used."""
    if is_path(name_or_path):
        path = Path(name_or_path).absolute()
        return _preset(str(path), *_module_at(path))
    if name_or_path not in names():
        raise click.ClickException(
            f"there is no preset {name_or_path!r}{near(name_or_path, names())} (there are "
            f"{', '.join(names())}; one of your own is a path, like ./mine.py)"
        )
    module = importlib.import_module(f"{presets.__name__}.{name_or_path}")
    assert module.__file__ is not None
    file = Path(module.__file__)
    helpers = sorted(file.parent.glob("_*.py"))
    return _preset(name_or_path, module, b"".join(each.read_bytes() for each in (file, *helpers)))


def recognise(rows: Sequence[Row]) -> str:
    """The one of our presets that recognises each of these rows; empty if there is none, or more than one."""
    return the_one_of([load_preset(name) for name in names()], rows) if rows else ""


def the_one_of(candidates: Sequence[Preset], rows: Sequence[Row]) -> str:
    found = [preset.name for preset in candidates if _recognises_all(preset, rows)]
    return found[0] if len(found) == 1 else ""


def _recognises_all(preset: Preset, rows: Sequence[Row]) -> bool:
    try:
        return all(preset.recognises(row) for row in rows)
    except Exception:  # noqa: BLE001 (a row of another shape, of which a preset knows nothing)
        return False


def _preset(name: str, module: ModuleType, source: bytes) -> Preset:
    transform = getattr(module, "transform", None)
    if not callable(transform):
        raise click.ClickException(f"the preset {name} has no function transform(row); README.md shows one")
    recognises = getattr(module, "recognises", _recognises_nothing)
    columns = tuple(getattr(module, "COLUMNS", ()))
    return Preset(name, transform, recognises, hashlib.sha256(source).hexdigest(), columns)


def _recognises_nothing(_row: Any) -> bool:
    return False


def _module_at(path: Path) -> tuple[ModuleType, bytes]:
    """Runs exactly the bytes that are hashed, and leaves no byte code beside them."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"the preset {path} can't be read: {error.strerror}") from error
    name = f"_preset_{path.stem}"  # a name that no library has
    loader = SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and structs look for the types they name
    try:
        exec(loader.source_to_code(source, str(path)), module.__dict__)  # noqa: S102 (the user's own code, asked for)
    except SyntaxError as error:
        raise click.ClickException(
            f"the preset {path} is no Python, line {error.lineno}: {error.msg}"
        ) from error
    except Exception as error:
        raise click.ClickException(f"the preset {path} fails as it is loaded: {error!r}") from error
    return module, source
