"""Three forfeits in an agent's last 20 matches suspend it, until somebody says that it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from arena.errors import BadConfig, NotFound
from arena.match import Checkpoint, Match, Result
from tests.arena.stored import found


def results(cast: Sequence[Checkpoint], story: str, *, first: int = 0) -> list[Result]:
    """Matches of the first agent against the second by turns of seats; a letter each: w it wins, x it forfeits, v void."""
    one, other = cast[:2]
    told = []
    for place, letter in enumerate(story, first):
        mine = place % 2
        match = Match(place, 1 + place, (other, one) if mine else (one, other))
        if letter == "v":
            told.append(Result(match, (), 3, b"", void="rules: ValueError"))
            continue
        returns = (1.0, -1.0) if (letter == "w") != bool(mine) else (-1.0, 1.0)
        faults = tuple("timeout" if seat == mine else None for seat in (0, 1)) if letter == "x" else ()
        told.append(Result(match, returns, 7, b"\0" * 7, faults))
    return told


@pytest.mark.parametrize(
    ("story", "faults"),
    [
        ("xx" + 18 * "w", None),
        ("x" + 9 * "w" + "x" + 8 * "w" + "x", 3),
        ("xxx", 3),
        ("xxx" + 17 * "w", 3),
        ("xxx" + 18 * "w", None),
        ("xwxwx" + 40 * "w", None),
        (40 * "w" + "xvxvx", 3),
        (30 * "x", 20),
    ],
)
def test_three_of_the_last_twenty_are_too_many(story: str, faults: int | None, tmp_path: Path) -> None:
    store, cast = found(tmp_path / "league.db")
    with store:
        store.record(1, 1, results(cast, story))
        assert store.suspended() == ({"agent-0": faults} if faults else {})
        assert store.suspended("another game") == {}


def test_who_is_reinstated_begins_anew(tmp_path: Path) -> None:
    store, cast = found(tmp_path / "league.db")
    with store:
        store.record(1, 1, results(cast, "xxx"))
        store.reinstate("agent-0")
        assert store.suspended() == {}
        store.record(1, 1, results(cast, "xx", first=3))
        assert store.suspended() == {}
        store.record(1, 1, results(cast, "x", first=5))
        assert store.suspended() == {"agent-0": 3}
        assert store.verify() == []


def test_who_is_not_suspended_cannot_be_reinstated(tmp_path: Path) -> None:
    store, cast = found(tmp_path / "league.db")
    with store:
        store.record(1, 1, results(cast, "xxw"))
        with pytest.raises(BadConfig, match="'agent-0' is not suspended"):
            store.reinstate("agent-0")
        with pytest.raises(NotFound):
            store.reinstate("nobody")


def test_a_match_against_itself_is_one_match(tmp_path: Path) -> None:
    store, cast = found(tmp_path / "league.db")
    alone = [Match(place, 1 + place, (cast[0], cast[0])) for place in range(2)]
    with store:
        store.record(1, 1, [Result(match, (-1.0, -1.0), 7, b"", ("crash", "crash")) for match in alone])
        assert store.suspended() == {}
