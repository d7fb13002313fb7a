"""Times as people read them."""

from __future__ import annotations

import pytest

from arena.moments import EARLIEST, LATEST, moment, moment_here


def test_a_moment_is_iso_8601_in_utc() -> None:
    assert moment(0) == "1970-01-01T00:00:00+00:00"
    assert moment(EARLIEST)[:4] == "0001"
    assert moment(LATEST)[:4] == "9999"


@pytest.mark.parametrize("seconds", [EARLIEST, LATEST, EARLIEST - 1, LATEST + 1, 99_999_999_999_999, 2**63 - 1, -(2**63)])
def test_no_number_is_too_strange_to_be_shown(seconds: int) -> None:
    assert bool(moment(seconds)) == (EARLIEST <= seconds <= LATEST)
    assert moment_here(seconds)
