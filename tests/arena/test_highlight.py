"""The highlight where more than two play: teams are one where a checkpoint holds them, and a cooperative game has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import League
from arena.highlight import won
from arena.match import Checkpoint, Match, Result

HIDE_AND_SEEK = "hide_and_seek(6, 2, 2, 2, steps=12)"


def league_of(path: Path, game: str, **agents: str) -> League:
    league = League(path / "league.db")
    for name, spec in agents.items():
        league.register(name, spec, game=game, check=False)
    league.run_season(game, rounds=1, games=12)
    return league


def test_a_team_of_one_checkpoint_wins_as_one(tmp_path: Path) -> None:
    league = league_of(tmp_path, HIDE_AND_SEEK, chaser="chaser", lazy="fixed(0)", coin="uniform")
    found = league.highlight()
    assert found is not None
    returns, lineup = found.match.result.returns, found.match.result.match.lineup
    assert found.sides == (lineup[0], lineup[2])
    assert found.winner == lineup[0 if returns[0] > returns[2] else 2]
    assert str(found).startswith(f"match {found.match.id}: {lineup[0]} against {lineup[2]}, won by {found.winner} in ")
    rating = {str(who): one.mu for name in ("chaser", "lazy", "coin") for who, one in league.agent(name).ratings.items()}
    gaps = []
    for row in league.matches(limit=100):
        hiders, seekers = row.result.match.lineup[0], row.result.match.lineup[2]
        if row.result.returns[0] != 0:
            won, lost = (hiders, seekers) if row.result.returns[0] > 0 else (seekers, hiders)
            gaps.append(rating[str(won)] - rating[str(lost)])
    loser = next(one for one in found.sides if one != found.winner)
    assert rating[str(found.winner)] - rating[str(loser)] == pytest.approx(min(gaps), abs=0.5)


def test_where_all_win_together_nobody_is_surprised(tmp_path: Path) -> None:
    league = league_of(tmp_path, "two_step", one="uniform", other="fixed(0)")
    assert league.highlight() is None


@pytest.mark.parametrize(
    ("lineup", "returns", "seats", "winner"),
    [
        ("abc", (1.0, 0.0, -1.0), (0, 1, 2), "a"),
        ("abc", (-1.0, 0.0, 1.0), (0, 1, 2), "c"),
        ("abc", (1.0, 1.0, -1.0), (0, 1, 2), None),  # two won
        ("aba", (1.0, 0.0, -1.0), (0, 1, 2), None),  # against its twin
        ("aab", (0.5, 0.5, -1.0), (0, 0, 1), "a"),
        ("aba", (-1.0, 1.0, -1.0), (0, 1, 0), "b"),
        ("abc", (1.0, 1.0, -1.0), (0, 0, 1), None),  # whose win is it?
        ("aaa", (1.0, 1.0, -1.0), (0, 0, 1), None),
    ],
)
def test_a_win_is_one_checkpoint_s(
    lineup: str, returns: tuple[float, ...], seats: tuple[int, ...], winner: str | None
) -> None:
    cast = {name: Checkpoint.make(name, 1, spec="uniform") for name in "abc"}
    result = Result(Match(0, 0, tuple(cast[name] for name in lineup)), returns, 5, b"")
    assert (won(result, seats) or ((), None))[1] == (cast[winner] if winner else None)
    assert won(result._replace(faults=("crash", *[None] * (len(returns) - 1))), seats) is None
