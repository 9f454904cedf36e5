"""What the cost model takes from the function, which it can't import."""

from function import chunk_import
from function.config import Config
from partitioner import cost_model
from partitioner.check.look import RETENTION_DAYS
from partitioner.estimated import RETENTION_DAYS as DEFAULT_RETENTION_DAYS


def test_the_models_numbers_are_the_functions() -> None:
    """As it is deployed where nobody changes its settings."""
    config = Config()
    assert config.chunks_at_once == cost_model.CHUNKS_AT_ONCE
    assert config.max_records_per_second == cost_model.RECORDS_PER_SECOND
    assert config.max_megabytes_per_minute == cost_model.MEGABYTES_PER_MINUTE
    assert chunk_import.CHECKPOINT_SECONDS == cost_model.CHECKPOINT_SECONDS


def test_check_and_estimate_know_the_same_retention() -> None:
    """That of a new project."""
    assert RETENTION_DAYS[0] == DEFAULT_RETENTION_DAYS
