"""Questions to a stored league whose answers were planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import League
from arena.answers.answer import Answer
from arena.errors import BadConfig, NotFound
from arena.figures import png
from games.spec import GameSpec
from tests.arena.stored import duels, logged

GAME = "throws"
SPEC = GameSpec(GAME, 1, "competitive", 2, 3, (1,), 1, (-1.0, 1.0))
QUESTIONS = ("payoff", "nash", "cycles", "lineage")


def recorded(path: Path, scores: dict[tuple[str, str], tuple[int, int]], *, spec: GameSpec = SPEC) -> League:
    """A league after one round, in which the first of each pair won and lost so many matches against the second."""
    return logged(path, duels(scores), agents=[name for pair in scores for name in pair], spec=spec)


@pytest.fixture
def ring(tmp_path: Path) -> League:
    return recorded(
        tmp_path / "league.db",
        {("rock", "scissors"): (9, 1), ("scissors", "paper"): (9, 1), ("paper", "rock"): (9, 1), ("rock", "dud"): (10, 0)},
    )


def test_a_planted_ring_is_found_with_matches_that_show_it(ring: League) -> None:
    found = ring.analyze.cycles()
    assert found.found.significant
    (clearest,) = found.rings
    names = [who.agent for who in clearest.checkpoints]
    assert names in (["rock", "scissors", "paper"], ["scissors", "paper", "rock"], ["paper", "rock", "scissors"])
    for place, ids in enumerate(clearest.matches):
        assert len(ids) == 3
        for id in ids:
            result = ring.match(id).result
            best = max(zip(result.returns, result.match.lineup, strict=True), key=lambda seat: seat[0])[1]
            assert best == clearest.checkpoints[place]
            assert set(result.match.lineup) == {clearest.checkpoints[place], clearest.checkpoints[(place + 1) % 3]}


def test_the_three_of_a_ring_are_needed_and_the_dud_is_not(ring: League) -> None:
    found = ring.analyze.nash()
    weights = {who.agent: weight for who, weight in zip(found.checkpoints, found.weights, strict=True)}
    assert weights["dud"] == 0
    assert min(weights[name] for name in ("rock", "paper", "scissors")) > 0.2
    assert found.guessed == 2, "paper and scissors have not met the dud"


@pytest.mark.parametrize("games", [1, 10, 200])
def test_a_twin_takes_nothing_from_the_others(tmp_path: Path, games: int) -> None:
    """Rock, paper and scissors with two rocks: 1/6, 1/6, 1/3, 1/3 (Balduzzi et al. 2018), by results as they were."""
    ring = [("paper", "rock"), ("paper", "twin"), ("rock", "scissors"), ("twin", "scissors"), ("scissors", "paper")]
    scores = {("rock", "twin"): (games, games), **dict.fromkeys(ring, (games, 0))}
    found = recorded(tmp_path / "twins.db", scores).analyze.nash()
    weights = {who.agent: weight for who, weight in zip(found.checkpoints, found.weights, strict=True)}
    assert weights == pytest.approx({"rock": 1 / 6, "twin": 1 / 6, "paper": 1 / 3, "scissors": 1 / 3}, abs=1e-3)
    assert found.win_rates == pytest.approx([0.5] * 4, abs=1e-3)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_prints_itself_and_draws_a_figure(ring: League, question: str) -> None:
    answer: Answer = getattr(ring.analyze, question)()
    headers, rows = answer.rows()
    assert rows
    assert all(len(row) == len(headers) for row in rows)
    assert str(answer)
    assert answer.as_json()["schema"] == 1
    assert png(answer.draw).startswith(b"\x89PNG")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_league_of_one_and_a_league_without_matches_are_answered(tmp_path: Path, question: str) -> None:
    answer: Answer = getattr(recorded(tmp_path / "one.db", {("alone", "other"): (0, 0)}).analyze, question)()
    assert str(answer)
    assert png(answer.draw)


@pytest.mark.parametrize("question", QUESTIONS)
def test_where_there_is_no_league_that_is_said(tmp_path: Path, question: str) -> None:
    with pytest.raises(NotFound):
        getattr(League(tmp_path / "none.db").analyze, question)()


@pytest.mark.parametrize("question", ["nash", "cycles"])
def test_questions_about_winning_are_refused_where_nobody_wins(tmp_path: Path, question: str) -> None:
    mixed = GameSpec(GAME, 1, "mixed", 2, 3, (1,), 1, (-1.0, 1.0))
    league = recorded(tmp_path / "mixed.db", {("one", "other"): (1, 1)}, spec=mixed)
    with pytest.raises(BadConfig, match="not about beating others"):
        getattr(league.analyze, question)()


def test_a_cyclic_league_says_so_on_its_leaderboard(ring: League, tmp_path: Path) -> None:
    said = str(ring.leaderboard())
    assert said.endswith("of the results: arena analyze cycles --game throws")
    assert ring.leaderboard().as_json()["cyclic"] == ring.analyze.cycles().found.share
    assert ring.leaderboard(every=True).cyclic == ring.leaderboard().cyclic
    official = ring.ratings.board("davidson")
    assert str(official).endswith("of the results: arena analyze cycles --game throws")
    assert official.as_json()["cyclic"] == pytest.approx(ring.leaderboard().cyclic)
    straight = recorded(tmp_path / "straight.db", {("a", "b"): (9, 1), ("b", "c"): (9, 1), ("a", "c"): (10, 0)})
    assert "analyze cycles" not in str(straight.leaderboard())
    assert "analyze cycles" not in str(straight.ratings.board("davidson"))


def test_payoffs_stand_in_the_order_of_the_board(tmp_path: Path) -> None:
    """Who won all of two matches against the last is not the best of the league."""
    scores = {("best", "good"): (70, 30), ("good", "poor"): (80, 20), ("best", "poor"): (90, 10), ("lucky", "poor"): (2, 0)}
    league = recorded(tmp_path / "league.db", scores)
    table = league.analyze.payoff().table
    assert table.score(table.checkpoints[0]) < 1
    assert [str(who) for who in table.checkpoints] == [place.checkpoint for place in league.leaderboard().places]
    assert table.checkpoints[0].agent == "best"


def test_cycles_are_looked_for_among_the_best_and_that_is_said(ring: League, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "among the best" not in str(ring.analyze.cycles())
    monkeypatch.setattr("arena.analyst._LARGEST", 3)
    found = ring.analyze.cycles()
    assert len(found.found.skill) == 3
    assert str(found).endswith("looked for among the best 3 of 4 checkpoints")
    assert found.as_json()["left_out"] == 1
