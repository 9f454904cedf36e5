"""Which project the environment names."""

from pathlib import Path

import pytest

from function.config import HOSTS as FUNCTION_HOSTS
from function.config import Config, read_config
from local.destination import HOSTS, VARIABLES, read_destination, state_home
from partitioner.exits import Refused

ACCOUNT = {"MIXPANEL_SERVICE_ACCOUNT": "user:secret", "MIXPANEL_PROJECT_ID": "1234567"}


@pytest.mark.parametrize(
    "environ",
    [
        {"MIXPANEL_TOKEN": "abc"},
        {"MIXPANEL_TOKEN": " abc\n", "MIXPANEL_REGION": "eu"},
        ACCOUNT,
        {**ACCOUNT, "MIXPANEL_REGION": "in", "MIXPANEL_TOKEN": " "},
        {"MIXPANEL_TOKEN": "abc", "MIXPANEL_URL": "http://127.0.0.1:8080"},
    ],
)
def test_names_what_the_function_names(environ: dict[str, str]) -> None:
    """Destination and host are those of the function's own reading of the same environment."""
    destination = read_destination(environ)
    config: Config = read_config({**destination.knobs, "STATE_BUCKET": "state"})
    assert destination.name == config.destination
    assert config.import_url.startswith(destination.host + "/import")


def test_the_function_and_we_know_the_same_hosts() -> None:
    assert HOSTS == FUNCTION_HOSTS


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"MIXPANEL_TOKEN": "abc", **ACCOUNT},
        {"MIXPANEL_SERVICE_ACCOUNT": "user:secret"},
        {"MIXPANEL_PROJECT_ID": "1234567"},
        {"MIXPANEL_TOKEN": "abc", "MIXPANEL_PROJECT_ID": "1234567"},
    ],
)
def test_says_what_to_set(environ: dict[str, str]) -> None:
    """The sentence names the variables, those that are set, and no value."""
    with pytest.raises(Refused, match="MIXPANEL_TOKEN, or MIXPANEL_SERVICE_ACCOUNT") as refused:
        read_destination(environ)
    assert "secret" not in str(refused.value).replace("user:secret)", "")
    assert "abc" not in str(refused.value)


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(Refused, match="there are us, eu, in"):
        read_destination({"MIXPANEL_TOKEN": "abc", "MIXPANEL_REGION": "de"})


def test_a_project_id_never_leaves_its_folder() -> None:
    with pytest.raises(Refused, match="not digits alone"):
        read_destination({**ACCOUNT, "MIXPANEL_PROJECT_ID": "../1"})


def test_secrets_show_in_no_repr() -> None:
    assert "abc" not in repr(read_destination({"MIXPANEL_TOKEN": "abc"}))


def test_every_variable_is_a_knob_of_the_functions() -> None:
    assert set(VARIABLES) <= {field.metadata["variable"] for field in Config.__dataclass_fields__.values()}


def test_state_is_kept_where_the_user_has_it_kept(tmp_path: Path) -> None:
    assert state_home({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "mixpanel-importer"
    assert state_home({"XDG_STATE_HOME": "relative"}) == Path.home() / ".local/state/mixpanel-importer"
