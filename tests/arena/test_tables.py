"""Tables for people: aligned by what an eye sees, and harmless to a terminal."""

from __future__ import annotations

import pytest

from arena.tables import percent, sparkline, table


def test_columns_are_aligned_by_their_left_or_right_edge() -> None:
    told = table(["agent", "games"], [["alice", 7], ["bo", 1234]], right=[1])
    assert told.splitlines() == ["agent  games", "alice      7", "bo      1234"]


@pytest.mark.parametrize("name", ["日本", "e\u0301\u0301xyz", "⚓ok", "a\u20ddbcd", "Ｆｕ"])
def test_wide_letters_and_marks_keep_the_columns(name: str) -> None:
    """Each of these is four columns wide, as `four` is."""
    lines = table(["who", "x"], [[name, "|"], ["four", "|"]]).splitlines()
    assert lines[1] == f"{name}  |"
    assert lines[2] == "four  |"


def test_foreign_text_cannot_command_a_terminal() -> None:
    told = table(["name"], [["\x1b[2J\x07evil\r\n\u202etxt"]])
    assert told.splitlines() == ["name", "\\x1b[2J\\x07evil\\x0d\\x0a\\u202etxt"]


def test_an_empty_table_has_its_headers() -> None:
    assert table(["a", "b"], []) == "a  b"


def test_a_sparkline_goes_from_the_lowest_to_the_highest() -> None:
    assert sparkline([-5, 0, 5]) == "▁▅█"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline(range(100), width=3) == "▁▅█"  # the latest only


def test_a_share_is_told_in_percent() -> None:
    assert [percent(share) for share in (0.0, 0.505, 1.0, None)] == ["0%", "50%", "100%", ""]
