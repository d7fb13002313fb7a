"""The Axelrod library's strategies: each plays in our dilemma what it plays in the library's own match."""

from __future__ import annotations

import sys
import warnings

import pytest

from agents.checks import check_agent
from agents.registry import make_agent
from arena.match import Checkpoint, Match
from arena.runner import Cast, play
from games.errors import ArenaError, BadSpec, MissingExtra, UnknownName
from games.registry import GAMES

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import axelrod

ROUNDS = 25
MEDDLERS = ("inspects_source", "manipulates_source", "manipulates_state")
STRATEGIES = [  # every fourth of those that draw no lots, meddle with nobody and are quick
    one.__name__
    for one in axelrod.all_strategies
    if not any(one.classifier.get(what) for what in (*MEDDLERS, "long_run_time"))
    and not axelrod.Classifiers["stochastic"](one())
][::4]


def tape(one: str, other: str, *, seed: int = 3) -> list[int]:
    game = GAMES.make(f"prisoners_dilemma(rounds={ROUNDS})")
    who = [Checkpoint.make(name, 1, spec=name) for name in ("one", "other")]
    cast = Cast([make_agent(one, game.spec), make_agent(other, game.spec)], {who[0]: (0, 0), who[1]: (1, 0)})
    return list(play(game, [Match(0, seed, (who[0], who[1]))], cast).results[0].tape)


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("other", ["WinStayLoseShift", "TitFor2Tats"])
def test_a_strategy_plays_as_in_the_librarys_own_match(name: str, other: str) -> None:
    players = getattr(axelrod, name)(), getattr(axelrod, other)()
    expected = [int(move == axelrod.Action.D) for moves in axelrod.Match(players, turns=ROUNDS).play() for move in moves]
    assert tape(f'axelrod("{name}")', f'axelrod("{other}")') == expected


def test_there_are_enough_of_them() -> None:
    assert len(STRATEGIES) >= 30


@pytest.mark.parametrize(
    ("theirs", "ours"), [("TitForTat", "tit_for_tat"), ("Grudger", "grudger"), ("Defector", "defector")]
)
def test_a_strategy_that_we_have_too_is_the_same(theirs: str, ours: str) -> None:
    for other in ("alternator", "win_stay_lose_shift", "coin"):
        assert tape(f'axelrod("{theirs}")', other) == tape(ours, other)


def test_options_reach_it_and_its_lots_come_from_the_seed() -> None:
    generous = 'axelrod("GTFT", options={"p": 1.0})'
    assert tape(generous, "defector")[::2] == [0] * ROUNDS
    drawn = [tape('axelrod("Random")', "cooperator", seed=seed) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("spec", ['axelrod("TitForTat")', 'axelrod("Random")', 'axelrod("Gradual")'])
def test_it_acts_as_agents_must(spec: str) -> None:
    check_agent(spec, GAMES.make("prisoners_dilemma(rounds=6)"))


@pytest.mark.parametrize(
    ("spec", "error", "cause"),
    [
        ('axelrod("TitForTats")', UnknownName, "no strategy 'TitForTats'; did you mean 'TitFor2Tats'"),
        ('axelrod("Darwin")', BadSpec, "of its opponent, and here a seat sees"),
        ('axelrod("GTFT", options=3)', BadSpec, "options are names and values, got 3"),
        ('axelrod("GTFT", options={"q": 1})', BadSpec, "unexpected keyword argument 'q'"),
        ("axelrod(7)", UnknownName, "no strategy 7"),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_cause_and_a_cure(spec: str, error: type[ArenaError], cause: str) -> None:
    with pytest.raises(error, match=cause) as raised:
        make_agent(spec, GAMES.make("prisoners_dilemma").spec)
    assert raised.value.hint


def test_it_plays_dilemmas_and_nothing_else() -> None:
    with pytest.raises(BadSpec, match="dilemma strategy needs"):
        make_agent('axelrod("TitForTat")', GAMES.make("rock_paper_scissors").spec)


def test_without_the_library_the_cure_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "axelrod", None)
    with pytest.raises(MissingExtra) as raised:
        make_agent('axelrod("TitForTat")', GAMES.make("prisoners_dilemma").spec)
    assert raised.value.hint == "pip install 'arena-league[axelrod]'"
