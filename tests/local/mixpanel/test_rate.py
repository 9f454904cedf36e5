"""The rolling minute."""

from local.mixpanel.rate import RollingWindow


def test_what_is_older_than_the_window_is_forgotten() -> None:
    """The limit is over any 60 seconds, not over calendar minutes."""
    window = RollingWindow()
    window.take(0.0, 600, 10)
    window.take(30.0, 400, 10)
    assert not window.has_room(1, 1, 1_000, 0)
    window.forget(59.9, 60)
    assert window.records == 1_000
    window.forget(60.0, 60)
    assert (window.records, window.json_bytes) == (400, 10)
    assert window.has_room(600, 1, 1_000, 0)
    assert window.most_records == 1_000


def test_both_limits_count_and_zero_is_none() -> None:
    """Records or bytes, whichever is reached first."""
    window = RollingWindow()
    window.take(0.0, 10, 1_000)
    assert not window.has_room(1, 1, 100, 1_000)
    assert window.has_room(1, 1, 100, 1_001)
    assert window.has_room(10**9, 10**9, 0, 0)
