"""Games and agents from outside, from the command line: taken in, played, replayed, proved, exported; or refused."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import chess.pgn
import pytest

from tests.arena.cli.conftest import PLUGINS, Type

PAGE = f"uci('{sys.executable} {PLUGINS / 'engine.py'}', depth=1)"
GAMES = [
    ('openspiel("kuhn_poker")', "ppo(hidden=[8])"),
    ('openspiel("goofspiel(num_cards=4,players=3)")', "uniform"),
    ('pettingzoo("my_envs:Nim")', "uniform"),
    ("chess(max_steps=6)", PAGE),
]
SHORT = ("--rounds", "1", "--train", "8", "--games", "2", "--boards", "4", "--chunk", "4")


@pytest.mark.parametrize(("game", "agent"), GAMES)
def test_a_season_is_played_replayed_and_proved(arena: Type, game: str, agent: str) -> None:
    for name, spec in (("alice", agent), ("bob", "uniform"), ("carol", "uniform")):
        done = arena("register", name, spec, "--game", game)
        assert done.exit_code == 0, done.output
    done = arena("season", "run", "--game", game, *SHORT)
    assert done.exit_code == 0, done.output
    for command in (("db", "verify"), ("matches", "verify", "--all"), ("leaderboard",), ("games", "show", game)):
        done = arena(*command)
        assert done.exit_code == 0, done.output
    replay = arena("replay", "1")
    assert replay.exit_code == 0, replay.output
    assert "finished after" in replay.output


def test_a_solver_solves_the_game_it_is_registered_for(arena: Type) -> None:
    game = 'openspiel("kuhn_poker")'
    for name, spec in (("solver", "cfr(iterations=20)"), ("mirror", "tabular_mmd(iterations=20)")):
        done = arena("register", name, spec, "--game", game)
        assert done.exit_code == 0, done.output
    assert "cfr" in arena("agents", "list", "--available", "--game", game).output
    done = arena("season", "run", "--game", game, *SHORT)
    assert done.exit_code == 0, done.output
    done = arena("analyze", "exploitability", "solver")
    assert "exploitability 0.0" in done.output


def test_two_workers_play_what_one_plays(arena: Type, tmp_path: Path) -> None:
    digests = []
    for workers in ("1", "2"):
        league = ("--league", str(tmp_path / f"{workers}.db"))
        for name in ("alice", "bob", "carol"):
            assert arena(*league, "register", name, "uniform", "--game", 'openspiel("leduc_poker")').exit_code == 0
        done = arena(*league, "season", "run", "--game", 'openspiel("leduc_poker")', *SHORT, "--workers", workers)
        assert done.exit_code == 0, done.output
        digests.append(json.loads(arena(*league, "db", "status", "--json").stdout)["status"]["digest"])
    assert digests[0] == digests[1]


def test_chess_goes_out_as_pgn_that_python_chess_reads(arena: Type, tmp_path: Path) -> None:
    start = "r1bqkbnr/pppp1ppp/2n5/4p3/4P3/5N2/PPPP1PPP/RNBQKB1R b KQkq - 3 12"
    game = f"chess(fen='{start}', max_steps=5)"
    for name, spec in (("page", PAGE), ("bob", "uniform")):
        assert arena("register", name, spec, "--game", game).exit_code == 0
    assert arena("season", "run", "--game", game, *SHORT).exit_code == 0
    done = arena("export", "--results", "pgn", "--moves", "-o", str(tmp_path / "games.pgn"))
    assert done.exit_code == 0, done.output
    text = io.StringIO((tmp_path / "games.pgn").read_text())
    read = list(iter(lambda: chess.pgn.read_game(text), None))
    assert len(read) >= 2
    for one in read:
        assert not one.errors
        assert one.headers["FEN"] == start
        assert len(list(one.mainline_moves())) == 5
    assert "\n12... " in (tmp_path / "games.pgn").read_text()


@pytest.mark.parametrize(
    ("agent", "game", "cause", "cure"),
    [
        ("uniform", 'openspiel("kuhn_pocker")', "did you mean 'kuhn_poker'", "registered_names"),
        ("uniform", 'pettingzoo("my_envs:Continuous")', "numbered one by one", "discrete"),
        ("uniform", 'pettingzoo("my_envs:Forgetful")', "no replay would be exact", "seed"),
        ("uniform", 'pettingzoo("my_envs:Generous")', "beyond the declared -1 to 1", "return_range=(low, high)"),
        ("uniform", 'chess(fen="8/8/8/8/8/8/8/8 w - - 0 1")', "no game of chess leads there", "such as"),
        ('uci("no_such_engine")', "chess", "there is no engine", "install it"),
        ('axelrod("TitForTat")', "chess", "needs 'prisoners_dilemma'", "uniform"),
    ],
)
def test_what_cannot_be_played_is_refused_and_nothing_is_saved(
    arena: Type, tmp_path: Path, agent: str, game: str, cause: str, cure: str
) -> None:
    done = arena("register", "alice", agent, "--game", game)
    assert done.exit_code not in (0, None)
    said = " ".join(done.output.split())
    assert cause in said
    assert cure in said
    assert "Traceback" not in said
    assert not (tmp_path / "league.db").exists()
