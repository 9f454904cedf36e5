"""Where things are in the cloud: `gs://` places, as a command is given them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from partitioner.storage import Bucket

SCHEME = "gs://"
MANIFESTS_FOLDER = "_manifests/"


@dataclass(frozen=True, slots=True)
class Place:
    """`folder` is empty or ends in a slash."""

    bucket: str
    folder: str = ""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.folder}".rstrip("/")

    def of(self, name: str) -> str:
        """The full URL of an object of the bucket."""
        return f"{SCHEME}{self.bucket}/{name}"


def parse_place(url: str) -> Place:
    """Raises ValueError, with a sentence."""
    bucket, _, folder = url.removeprefix(SCHEME).partition("/")
    if not url.startswith(SCHEME) or not bucket:
        raise ValueError(f"{url!r} is no place in a bucket; one looks like gs://BUCKET or gs://BUCKET/FOLDER")
    folder = folder.strip("/")
    return Place(bucket, folder + "/" if folder else "")


class PlaceType(click.ParamType[Place]):
    """A command's argument or option that is a `gs://` place."""

    name = "gs://BUCKET[/FOLDER]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        if isinstance(value, Place):
            return value
        try:
            return parse_place(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class BucketType(PlaceType):
    """The same where only a whole bucket will do."""

    name = "gs://BUCKET"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        place = super().convert(value, param, ctx)
        if place.folder:
            self.fail(f"give the bucket alone: {SCHEME}{place.bucket}", param, ctx)
        return place


def open_bucket(name: str) -> "Bucket":
    """For a `with`. It says on stderr why a call is being tried again.

    Raises BucketRefused where there are no credentials.
    """
    # Half a second and 50 MB (measured) that `split`, and each of its workers, need not pay.
    from partitioner.storage import Bucket, make_client  # noqa: PLC0415

    return Bucket(name, make_client(), on_retry=_say)


def _say(why: str) -> None:
    click.echo(f"trying again: {why}", err=True)
