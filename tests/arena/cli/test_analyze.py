"""Questions as they are typed: who would win, what if, and how fragile an order is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.arena.cli.conftest import Type, typed

ASKED = {
    "predict": ("predict", "alice", "rocky"),
    "whatif": ("whatif", "--drop", "anchor"),
    "fragility": ("fragility", "--place", "2"),
}


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED.keys())
def test_every_question_is_answered_in_every_format(played: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    shown = typed(played, "analyze", *words)
    assert shown.exit_code == 0, shown.output
    assert "@1" in shown.stdout
    facts = json.loads(typed(played, "analyze", *words, "--json").stdout)
    assert facts["schema"] == 1
    assert facts["game"] == "rock_paper_scissors"
    assert typed(played, "analyze", *words, "--format", "csv").stdout.count("\n") > 1
    assert typed(played, "analyze", *words, "--format", "md").stdout.startswith("| ")
    figure = tmp_path / "figure.png"
    assert typed(played, "analyze", *words, "--format", "png", "-o", str(figure)).exit_code == 0
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert typed(played, "analyze", *words, "--format", "png").exit_code == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("predict", "alice", "nobody"), 3, "no agent is called 'nobody'"),
        (("predict", "alice", "alice"), 2, "compared with itself"),
        (("predict", "alice"), 2, "Missing argument 'B'"),
        (("whatif",), 2, "--drop"),
        (("whatif", "--drop", "nobody"), 3, "no agent is called 'nobody'"),
        (("whatif", "--drop", "alice@99"), 3, "no checkpoint 99"),
        (("whatif", "--drop", "alice", "--drop", "rocky"), 2, "nobody has met anybody"),
        (("fragility", "--place", "9"), 3, "no places 9 and 10 to swap"),
        (("fragility", "--place", "0"), 2, "a whole number from 1"),
        (("fragility", "--game", "chess"), 3, "chess"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(played: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = typed(played, "analyze", *words)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED.keys())
def test_where_nobody_has_played_that_is_said(arena: Type, words: tuple[str, ...]) -> None:
    assert arena("analyze", *words).exit_code == 3
    for name in ("alice", "rocky", "anchor"):
        assert arena("register", name, "uniform", "--game", "rock_paper_scissors", "--no-check").exit_code == 0
    done = arena("analyze", *words)
    assert done.exit_code == 3
    assert "rated" in done.output


def test_where_a_league_has_several_games_it_is_said_which_one_is_meant(league: Path, tmp_path: Path) -> None:
    asked = (("analyze", "payoff"), ("ratings", "check"), ("export", "--results", "csv"), ("leaderboard",))
    for words in asked:
        assert "game  " not in typed(league, *words).stderr
    typed(league, "register", "carol", "uniform", "--game", "tic_tac_toe")
    for words in asked:
        told = "game  rock_paper_scissors, played last of 2; --game names another"
        assert told in typed(league, *words).stderr
        assert "game  " not in typed(league, *words, "--game", "rock_paper_scissors").stderr
    assert "it has rock_paper_scissors, tic_tac_toe" in typed(league, "leaderboard", "--game", "go").stderr
    file = str(tmp_path / "results.csv")
    assert "matches of rock_paper_scissors to" in typed(league, "export", "--results", "csv", "-o", file).stdout
    assert (
        "matches of rock_paper_scissors to"
        in typed(league, "export", "--results", "csv", "-o", file, "--season", "1").stdout
    )


@pytest.mark.parametrize(
    "words",
    [
        *[("analyze", *words) for words in ASKED.values()],
        ("analyze", "payoff"),
        ("analyze", "exploitability", "alice"),
        ("ratings", "check"),
        ("ratings", "curve", "alice"),
    ],
    ids=" ".join,
)
def test_a_figure_without_a_file_is_a_mistake_before_anything_is_read_or_said(
    league: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    typed(league, "register", "carol", "uniform", "--game", "tic_tac_toe")
    for done in (typed(league, *words, "--format", "png"), typed(tmp_path / "none.db", *words, "--format", "png")):
        assert done.exit_code == 2, done.output
        cause = "error: a figure is not for a terminal: name a file with -o FILE.png"
        assert done.stderr == f"{cause}\n       try: arena {words[0]} {words[1]} --help\n"


def test_whoever_has_an_exploiter_trained_is_told_that_it_stays(league: Path) -> None:
    attack = ("analyze", "exploitability", "rocky", "--learner", "ppo(hidden=[4])", "--budget", "50", "--games", "4")
    done = typed(league, *attack)
    told = "rocky-1-exploiter@1 stays in the league and plays later seasons, until: arena"
    assert told in done.stderr
    assert done.stderr.rstrip().endswith("agents retire rocky-1-exploiter")
    exact = typed(league, "analyze", "exploitability", "rocky")
    assert "stays" not in exact.stderr


def test_a_new_agent_is_not_taken_for_the_leagues_own(arena: Type) -> None:
    arena("register", "uniform", "uniform", "--game", "connect_four")
    new = arena("analyze", "exploitability", "uniform", "--game", "kuhn_poker", "--json")
    assert "this is a new uniform, made by that spec: the league's uniform plays connect_four" in new.stderr
    assert json.loads(new.stdout)
    assert "note" not in arena("analyze", "exploitability", "biased([1, 2, 3])", "--game", "rock_paper_scissors").stderr
