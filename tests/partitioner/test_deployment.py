"""The buckets of a deployment, as `terraform output` tells them; and what is said where it can't."""

import shutil
import subprocess
from pathlib import Path

import pytest

from partitioner.deployment import Deployment, read_deployment
from partitioner.exits import Refused
from partitioner.places import Place
from tests.fakes.terraform import outputs, put_terraform_on_the_path

BY_HAND = "gs://CHUNKS_BUCKET --state gs://STATE_BUCKET"


def test_reads_the_outputs_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both buckets and the subscription; of outputs with other types it minds nothing."""
    answer = outputs(chunks_bucket="c", state_bucket="s", subscription="importer", commands=["a", "b"])
    words = put_terraform_on_the_path(tmp_path / "bin", monkeypatch, answer)
    assert read_deployment(tmp_path) == Deployment(Place("c"), Place("s"), "importer")
    assert words.read_text().split() == [f"-chdir={tmp_path}", "output", "-json", "-no-color"]


@pytest.mark.parametrize(
    ("answer", "errors", "exit_code", "says"),
    [
        ("{}\n", "", 0, "apply"),
        (outputs(chunks_bucket="c"), "", 0, "state_bucket"),
        (outputs(chunks_bucket=None, state_bucket="s"), "", 0, "chunks_bucket"),
        (
            "",
            "Warning: old\n\nError: Backend initialization required\n",
            1,
            "Backend initialization required",
        ),
        ("", "it crashed", 11, "it crashed"),
        ("no JSON", "", 0, "no JSON"),
        ('{"chunks_bucket": "c"}', "", 0, "no JSON of outputs"),
    ],
)
def test_says_what_is_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    errors: str,
    exit_code: int,
    says: str,
) -> None:
    """The reason, the command to run, and the way without terraform."""
    put_terraform_on_the_path(tmp_path / "bin", monkeypatch, answer, errors=errors, exit_code=exit_code)
    with pytest.raises(Refused) as caught:
        read_deployment(tmp_path)
    assert says in caught.value.message
    assert BY_HAND in caught.value.message
    assert "Warning" not in caught.value.message


def test_without_terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such program: said as that."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="no program terraform") as caught:
        read_deployment(tmp_path)
    assert BY_HAND in caught.value.message


def test_without_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is named."""
    put_terraform_on_the_path(tmp_path / "bin", monkeypatch, outputs())
    with pytest.raises(Refused, match="nowhere"):
        read_deployment(tmp_path / "nowhere")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform here")
def test_with_the_real_terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing before `apply`; the names after it; its error where the configuration has one."""
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")  # it would ask the world for its newest version
    configuration = tmp_path / "main.tf"
    configuration.write_text(
        'output "chunks_bucket" { value = "c" }\noutput "state_bucket" { value = "s" }\n'
    )
    with pytest.raises(Refused, match="apply"):
        read_deployment(tmp_path)
    apply = ["terraform", f"-chdir={tmp_path}", "apply", "-auto-approve"]
    subprocess.run(apply, check=True, capture_output=True)
    assert read_deployment(tmp_path) == Deployment(Place("c"), Place("s"))
    configuration.write_text("output {")
    with pytest.raises(Refused, match=r"\(Error: "):
        read_deployment(tmp_path)
