"""Registering, and asking who is there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from agents.registry import AGENTS
from tests.arena.cli.conftest import Type, typed

RPS = ("--game", "rock_paper_scissors")


def refused(arena: Type, *words: str, code: int, says: str) -> str:
    """The command fails with one line of cause; nothing is saved, nobody sees a traceback."""
    done = arena(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert says in done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    return done.stderr


def test_registering_plays_a_health_game_and_says_what_to_type_next(arena: Type) -> None:
    done = arena("register", "minimax-2", "minimax(depth=2)", "--game", "tic_tac_toe", "--role", "anchor")
    assert done.exit_code == 0
    assert done.stderr.startswith("check       minimax-2 played 4 games of tic_tac_toe: 0 illegal moves, ")
    assert done.stderr.endswith("ms a move, deterministic\n")
    assert done.stdout.startswith("registered  minimax-2@1 ")
    assert done.stdout.endswith("register NAME SPEC --game tic_tac_toe\n")  # alone it could play no season
    long = arena("register", "a" * 60, "uniform", "--game", "tic_tac_toe")
    assert long.stdout.startswith(f"registered  {'a' * 60}@1  next: arena ")
    assert long.stdout.endswith("season run --game tic_tac_toe\n")


def test_a_learner_that_talks_says_where_nobody_hears_it(arena: Type) -> None:
    deaf = arena("register", "talker", "commnet", "--game", "tic_tac_toe")
    assert "note        nobody hears anybody at 'tic_tac_toe', so CommNet does not talk there\n" in deaf.stderr
    for spec, game in (("commnet(communicate=False)", "tic_tac_toe"), ("tarmac", "speaker_listener")):
        assert "note " not in arena("register", f"talker-{game}", spec, "--game", game).stderr


def test_those_that_can_join_are_listed_with_what_they_play(arena: Type) -> None:
    told = arena("agents", "list", "--available").stdout.splitlines()
    assert told[0].split() == ["agent", "plays"]
    assert [line.split()[0] for line in told[1:]] == AGENTS.names()
    facts = json.loads(arena("agents", "list", "--available", "--game", "connect_four", "--json").stdout)
    assert facts["plays"]["minimax"] == ["tic_tac_toe", "connect_four"]
    assert facts["plays"]["ppo"] == ["any game"]
    assert "perfect" not in facts["available"]
    assert "arena agents list --available" in refused(arena, "agents", "list", code=3, says="there is no league at")


def test_the_same_agent_again_is_refused_or_skipped(league: Path) -> None:
    again = typed(league, "register", "rocky", "rock", *RPS)
    assert again.exit_code == 4
    assert "an agent called 'rocky' exists already" in again.stderr
    skipped = typed(league, "register", "rocky", "rock", *RPS, "--if-exists", "skip", "--json")
    assert skipped.exit_code == 0
    assert json.loads(skipped.stdout)["existed"] is True
    assert typed(league, "register", "rocky", "paper", *RPS, "--if-exists", "skip").exit_code == 4


@pytest.mark.parametrize("name", ["al ice", "a@2", "", "../x", "x" * 65, "\x1b[31m", "-x", "a\u202eb"])
def test_unlawful_names_are_refused(arena: Type, name: str) -> None:
    refused(arena, "register", *RPS, "--", name, "rock", code=2, says="name")


def test_names_that_look_the_same_are_one_name(league: Path) -> None:
    assert typed(league, "register", "ROCKY", "rock", *RPS).exit_code == 4


@pytest.mark.parametrize(
    ("spec", "game", "code", "says"),
    [
        ("unifrom", "rock_paper_scissors", 3, "no agent is called 'unifrom'; did you mean 'uniform'?"),
        ("uniform", "rock_paper_scisors", 3, "did you mean 'rock_paper_scissors'?"),
        ("ppo(lr=open('x'))", "rock_paper_scissors", 2, "are not literals"),
        ("ppo(lr=1)(2)", "rock_paper_scissors", 2, "are not literals"),
        ("ppo(speed=3)", "rock_paper_scissors", 2, "'speed'"),
        ("not a spec", "rock_paper_scissors", 2, "is not a spec"),
        ("ppo(lr=nan)", "rock_paper_scissors", 2, "lr must be a finite number, got nan"),
        ("ppo(lr=-1e400)", "rock_paper_scissors", 2, "lr must be a finite number, got 1e400"),
        ("cfr", "connect_four", 2, "more than 100,000 nodes\n       ppo and dqn learn any game"),
        ("tabular_mmd", "connect_four", 2, "more than 100,000 nodes\n       ppo and dqn learn any game"),
        ("tit_for_tat", "connect_four", 2, "connect_four"),
        ("minimax(depth=2)", "kuhn_poker", 2, "kuhn_poker"),
        ("my_bots:Drawn", "tic_tac_toe", 2, "a bot for 4 seats"),
        ("my_bots:Nobody", "tic_tac_toe", 3, "cannot be loaded"),
        ("my_bots:Stranger", "tic_tac_toe", 2, "'my_bots:Stranger' is a class, but none of agents.core.Agent"),
        ("nowhere:Bot", "tic_tac_toe", 3, "No module named 'nowhere'"),
        ("my_bots:Moody(mood='crash')", "tic_tac_toe", 7, "forfeit(crash)"),
        ("my_bots:Moody(mood='illegal')", "tic_tac_toe", 7, "forfeit(illegal)"),
        ("my_bots:Moody(mood='nan')", "tic_tac_toe", 7, "forfeit(invalid)"),
        ("my_bots:Moody(mood='long')", "tic_tac_toe", 7, "forfeit(invalid)"),
        ("my_bots:Moody(mood='dtype')", "tic_tac_toe", 7, "forfeit(invalid)"),
        ("my_bots:Moody(mood='text')", "tic_tac_toe", 7, "forfeit(invalid)"),
    ],
)
def test_agents_that_cannot_play_are_refused_with_the_reason(
    arena: Type, tmp_path: Path, spec: str, game: str, code: int, says: str
) -> None:
    refused(arena, "register", "newcomer", spec, "--game", game, code=code, says=says)
    assert not (tmp_path / "league.db").exists()


def test_a_class_or_function_of_ones_own_joins(arena: Type) -> None:
    assert arena("register", "lefty", "my_bots:leftmost", "--game", "my_games:Mine").exit_code == 0
    assert arena("agents", "list", "--json").stdout.count('"name": "lefty"') == 1


def test_check_holds_an_agent_to_its_contract_and_saves_nothing(arena: Type, tmp_path: Path) -> None:
    done = arena("agents", "check", "my_bots:leftmost", "--game", "tic_tac_toe")
    assert done.stdout.startswith("ok  my_bots:leftmost played 4 games of tic_tac_toe")
    refused(arena, "agents", "check", "my_bots:Moody(mood='nan')", "--game", "tic_tac_toe", code=7, says="invalid")
    assert not (tmp_path / "league.db").exists()


def test_check_tells_a_name_of_the_league_from_a_spec(arena: Type) -> None:
    arena("register", "lefty", "my_bots:leftmost", "--game", "tic_tac_toe")
    done = arena("agents", "check", "lefty", "--game", "tic_tac_toe")
    assert done.exit_code == 2
    assert "'lefty' is an agent of this league, and no spec" in done.stderr
    assert "its own is my_bots:leftmost" in done.stderr
    assert "no agent is called 'leftmist'" in arena("agents", "check", "leftmist", "--game", "tic_tac_toe").stderr


def test_check_says_what_a_league_would_take_all_the_same(arena: Type, tmp_path: Path) -> None:
    (tmp_path / "lister.py").write_text("def first(seen):\n    return seen.legal.int().argmax(1).tolist()\n")
    told = "a league would take 'lister:first', but it breaks the contract: expected (12,) int64"
    refused(arena, "agents", "check", "lister:first", "--game", "tic_tac_toe", code=7, says=told)
    assert arena("register", "lister", "lister:first", "--game", "tic_tac_toe").exit_code == 0


def broken(kind: str, whole: bytes) -> bytes:
    if kind == "truncated":
        return whole[: len(whole) // 2]
    if kind == "foreign":
        return b"PK\x03\x04 a pickle, perhaps"
    tensors = load(whole)
    name = min(tensors)
    tensors[name] = tensors[name] * float("nan") if kind == "NaN" else torch.zeros(3, 3, 3)
    return save(tensors)


@pytest.mark.parametrize("kind", ["truncated", "foreign", "wrong shape", "NaN"])
def test_weights_that_do_not_fit_are_refused(league: Path, tmp_path: Path, kind: str) -> None:
    good, bad = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    assert typed(league, "agents", "weights", "alice@2", "-o", str(good)).exit_code == 0
    bad.write_bytes(broken(kind, good.read_bytes()))
    done = typed(league, "register", "heir", "ppo", *RPS, "--weights", str(bad))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert typed(league, "agents", "show", "heir").exit_code == 3


def test_good_weights_are_what_an_heir_begins_with(league: Path, tmp_path: Path) -> None:
    given, taken = tmp_path / "given", tmp_path / "taken"
    typed(league, "agents", "weights", "alice@2", "-o", str(given))
    assert typed(league, "register", "heir", "ppo", *RPS, "--weights", str(given), "--parent", "alice@2").exit_code == 0
    typed(league, "agents", "weights", "heir@1", "-o", str(taken))
    assert given.read_bytes() == taken.read_bytes()
    assert [one["name"] for one in json.loads(typed(league, "agents", "lineage", "heir", "--json").stdout)["lineage"]] == [
        "alice",
        "heir",
    ]


def test_a_file_is_never_written_over_the_league(league: Path) -> None:
    before = league.read_bytes()
    done = typed(league, "agents", "weights", "alice", "-o", str(league))
    assert done.exit_code == 1
    assert "is the league itself" in done.stderr
    assert league.read_bytes() == before


def test_show_tells_checkpoints_ratings_and_why_opponents_were_met(league: Path) -> None:
    facts = json.loads(typed(league, "agents", "show", "alice", "--json").stdout)
    assert [one["name"] for one in facts["checkpoints"]] == ["alice@1", "alice@2", "alice@3"]
    assert facts["checkpoints"][-1]["rating"]["skill"] < facts["checkpoints"][-1]["rating"]["mu"]
    assert facts["trained_against"][0]["branch"]
    text = typed(league, "agents", "show", "alice").stdout
    assert "season 1, round 2" in text
    drawn = facts["latest_draws"]
    assert sum(row["drawn"] for row in drawn) > 0
    assert f"training in season 1, round 2: {sum(row['drawn'] for row in drawn):,} matches" in text
    assert re.search(r"^itself +latest +0\.800 +\d+$", text, re.MULTILINE)
    assert re.search(r"^rocky@1 +uniform +0\.0\d\d +\d+ +\d+%$", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= 100


def test_renamed_and_retired(league: Path) -> None:
    assert typed(league, "agents", "rename", "rocky", "stone").exit_code == 0
    assert typed(league, "agents", "retire", "stone").exit_code == 0
    assert "stone" not in typed(league, "agents", "list").stdout
    assert "stone" in typed(league, "agents", "list", "--retired", "--format", "csv").stdout
    boards = [typed(league, "leaderboard", *words).stdout for words in ([], ["--retired"])]
    assert [re.search(r"^\d  stone@1 \(retired\)", board, re.MULTILINE) is not None for board in boards] == [False, True]
    assert typed(league, "agents", "show", "nobody").exit_code == 3


def test_no_league_is_not_found(arena: Type) -> None:
    for words in (["agents", "list"], ["leaderboard"], ["season", "run", *RPS], ["season", "resume"], ["db", "status"]):
        refused(arena, *words, code=3, says="there is no league at")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(arena: Type, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    refused(arena, "register", "rocky", "rock", *RPS, code=1, says="cannot be made")


def test_a_league_held_by_another_season_names_its_holder(league: Path) -> None:
    hold = "import sys; from arena.lock import SeasonLock\nwith SeasonLock(sys.argv[1]): print('held', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(league)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        done = typed(league, "season", "run", *RPS, "--train", "0")
        assert done.exit_code == 4
        assert f"is held by process {holder.pid} on " in done.stderr
        assert f"process {holder.pid}" in typed(league, "doctor").stdout
        assert typed(league, "leaderboard").exit_code == 0
        holder.communicate("\n")
    assert typed(league, "season", "run", *RPS, "--train", "0", "--rounds", "1", "--games", "2").exit_code == 0
