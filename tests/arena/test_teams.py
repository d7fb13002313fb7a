"""Teams in the league: one checkpoint holds all seats of a team, is proposed, rated, paid and replayed as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import League

TUG = "tests.plugins.odd_games:Tug"  # its teams are 0, 1, 1, 0; each pulls with a force of 0 to 2
SEASON = {"rounds": 2, "train": 40, "boards": 8, "games": 4, "history": 0, "workers": 1}


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    league = League(tmp_path_factory.mktemp("teams") / "league.db")
    for force in range(3):
        league.register(f"force{force}", f"fixed({force})", game=TUG, check=False)
    league.register("honest", "tests.agents.planted:Honest", game=TUG, check=False)
    league.run_season(TUG, **SEASON)  # type: ignore[arg-type]
    return league


def test_every_pair_meets_from_both_sides_with_one_checkpoint_for_a_team(league: League) -> None:
    rows = [row for row in league.matches(limit=1000) if row.round == 0]
    lineups = [[who.agent for who in row.result.match.lineup] for row in rows]
    assert len(lineups) == 6 * 4  # six pairs of four agents, four games each
    assert all(a == d and b == c and a != b for a, b, c, d in lineups)
    assert all(lineups.count([a, b, b, a]) == lineups.count([b, a, a, b]) == 2 for a, b, _, _ in lineups)


def test_the_stronger_team_leads_the_board_and_a_match_counts_once(league: League) -> None:
    board = league.leaderboard(TUG)
    bots = [place for place in board.places if place.agent != "honest"]
    assert [place.agent for place in bots] == ["force2", "force1", "force0"]
    assert [place.matches for place in bots] == [2 * 3 * 4] * 3  # rounds, opponents, games
    weakest = bots[-1]
    assert (weakest.wins, weakest.worst_score) == (0, 0.0)
    assert bots[0].losses == 0


def test_payoffs_and_ratings_are_what_the_log_gives(league: League) -> None:
    assert league.verify() == []
    assert list(league.verify_matches()) == []


def test_a_learner_trains_with_its_team_and_remembers_the_other(league: League) -> None:
    met = {row.opponent.agent: row for row in league.agent("honest").tally}
    assert met
    assert set(met) <= {"force0", "force1", "force2", "honest"}
    assert all(row.wins <= row.games for row in met.values())


def test_an_exhibition_names_a_team_or_its_seats(league: League) -> None:
    assert league.exhibition(["force2", "force0"], games=4).record == (4, 0, 0)
    assert league.exhibition(["force2", "force0", "force1", "force2"], games=4).record == (4, 0, 0)


def test_learners_of_whole_teams_live_through_seasons_of_a_cooperative_game(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    league.register("mixer", "qmix(hidden=(8,), warmup=20, batch=8, reuse=1.0)", game="two_step", check=False)
    league.register("talker", "commnet(hidden=8)", game="two_step", check=False)
    league.register("uniform", "uniform", game="two_step", check=False)
    for _ in range(2):  # the second goes on from what the first has saved
        league.run_season("two_step", **{**SEASON, "history": 1})  # type: ignore[arg-type]
    assert {place.checkpoint for place in league.leaderboard("two_step").places} == {"mixer@5", "talker@5", "uniform@1"}
    assert league.agent("talker").tally == ()  # it holds all seats: it has met nobody
    assert {row.result.ending.kind for row in league.matches(limit=1000)} == {"finished"}
    assert league.verify() == []
