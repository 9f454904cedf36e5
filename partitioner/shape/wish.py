"""What the user said about the shape of an export, as data: workers make the transform of it."""

from collections.abc import Callable, Sequence

import click
import msgspec

from partitioner.shape.mapping import Mapping, retyping_of, transform_of
from partitioner.shape.missing import lacks_zone, missing_columns, unknown_columns
from partitioner.shape.preset import load_preset
from partitioner.shape.rows import Result, Row


class Shape(msgspec.Struct, frozen=True):
    """A preset, of which the mapping then has types and a time zone alone, or a mapping, or neither."""

    mapping: Mapping = Mapping()
    preset: str = ""
    """A name of ours or an absolute path."""
    preset_hash: str = ""
    columns: tuple[str, ...] = ()
    """Names for those of text that has none."""

    def column_names(self) -> tuple[str, ...]:
        """The same, or what the preset calls them."""
        return self.columns or (load_preset(self.preset).columns if self.preset else ())

    def transform(self) -> Callable[[Row], Result] | None:
        """None where nothing was said, and rows are records as they are.

        Raises click.ClickException where the preset isn't the one that was said.
        """
        if not self.preset:
            return None if self.mapping == Mapping() else transform_of(self.mapping)
        preset = load_preset(self.preset)
        if preset.source_hash != self.preset_hash:
            raise click.ClickException(f"the preset {self.preset} was changed after this run began")
        retyped = retyping_of(self.mapping)
        if retyped is None:
            return preset.transform
        return lambda row: preset.transform(retyped(row))

    def troubles(self, rows: Sequence[Row]) -> list[str]:
        """Why these first rows of an export can't be what the user said, in sentences that name the fix."""
        troubles = unknown_columns(self.mapping, rows) if self.preset else missing_columns(self.mapping, rows)
        transform = self.transform()
        if transform is not None and lacks_zone(transform, rows):
            troubles.append(
                "times carry no zone: say where their clocks stood, like --timezone Europe/Berlin"
            )
        return troubles


def shape_of_preset(name_or_path: str, mapping: Mapping = Mapping()) -> Shape:  # noqa: B008 (frozen)
    """Raises click.ClickException."""
    preset = load_preset(name_or_path)
    return Shape(mapping, preset.name, preset.source_hash)
