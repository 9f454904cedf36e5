"""What stands in the cloud, as `terraform output` of a folder tells it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from partitioner.exits import Refused
from partitioner.places import SCHEME, Place

UNKNOWN_SUBSCRIPTION = "SUBSCRIPTION"
BY_HAND = "give the buckets instead: gs://CHUNKS_BUCKET --state gs://STATE_BUCKET"


@dataclass(frozen=True, slots=True)
class Deployment:
    """`subscription` is for a command to paste: a word in capitals where nothing tells it."""

    chunks: Place
    state: Place
    subscription: str = UNKNOWN_SUBSCRIPTION


class _Output(msgspec.Struct):
    value: object


def read_deployment(folder: Path) -> Deployment:
    """Raises Refused, with what to run."""
    outputs = _read_outputs(folder)
    if not outputs:
        raise Refused(
            f"terraform has made nothing in {folder} yet: run terraform -chdir={folder} apply "
            f"(with a backend or workspace of its own, choose that first); or {BY_HAND}"
        )
    subscription = outputs.get("subscription")
    return Deployment(
        chunks=_bucket_of(outputs, "chunks_bucket", folder),
        state=_bucket_of(outputs, "state_bucket", folder),
        subscription=subscription if isinstance(subscription, str) else UNKNOWN_SUBSCRIPTION,
    )


def _bucket_of(outputs: dict[str, object], name: str, folder: Path) -> Place:
    value = outputs.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(
            f"terraform's outputs of {folder} have no bucket's name as {name}: apply this version's "
            f"configuration (terraform -chdir={folder} apply), or {BY_HAND}"
        )
    return Place(value.removeprefix(SCHEME))


def _read_outputs(folder: Path) -> dict[str, object]:
    program = shutil.which("terraform")
    if program is None:
        raise Refused(f"there is no program terraform on the PATH: install it, or {BY_HAND}")
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}; give Terraform's with --terraform, or {BY_HAND}")
    done = subprocess.run(  # noqa: S603 (the user's own terraform, with a fixed list of words)
        [program, f"-chdir={folder}", "output", "-json", "-no-color"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        warnings, error, reason = done.stderr.partition("Error: ")
        raise Refused(
            f"terraform can't tell what stands there ({(error + reason or warnings).strip()})\n"
            f"Where that folder is new here: terraform -chdir={folder} init; or {BY_HAND}"
        )
    try:
        outputs = msgspec.json.decode(done.stdout, type=dict[str, _Output])
    except msgspec.DecodeError as error:
        raise Refused(
            f"terraform's outputs of {folder} are no JSON of outputs ({error}); {BY_HAND}"
        ) from error
    return {name: output.value for name, output in outputs.items()}
