"""A league of three roles whose process is killed again and again: it ends as one that nobody disturbed."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.arena.cli.conftest import started, typed, wait_for

ROLES = {"main": "main", "sly": "main-exploiter", "hunter": "league-exploiter"}
GAME = ("--game", "connect_four")
BOARDS = 16
SEASON = ("season", "run", *GAME, "--preset", "alphastar", "--rounds", "5", "--train", "300", "--boards", str(BOARDS))
SMALL = ("--chunk", "16", "--games", "4", "--history", "1")
MOMENTS = (  # what it says last before it is killed
    "round 1/5  main trained",  # while the next learner trains
    "round 1/5  played 16/24",  # while a chunk is played or recorded
    "round 2/5  hunter@2 trained",  # while the round is planned
    "round 3/5  training",  # right after a round was rated
    "round 4/5  played 64/84",
)


def league_of(path: Path) -> Path:
    for name, role in ROLES.items():
        assert typed(path, "register", name, "ppo(hidden=(8,))", *GAME, "--role", role, "--no-check").exit_code == 0
    assert typed(path, "register", "bot", "uniform", *GAME, "--role", "anchor", "--no-check").exit_code == 0
    return path


def shown(league: Path, name: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(typed(league, "agents", "show", name, "--json").stdout)
    return facts


def digest(league: Path) -> str:
    return str(json.loads(typed(league, "db", "status", "--json").stdout)["status"]["digest"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    league = league_of(tmp_path_factory.mktemp("undisturbed") / "league.db")
    assert typed(league, *SEASON, *SMALL).exit_code == 0
    return league


def test_a_league_of_roles_that_is_killed_resumes_to_the_same_bits(undisturbed: Path, tmp_path: Path) -> None:
    league = league_of(tmp_path / "league.db")
    for moment in MOMENTS:
        words = ("season", "resume") if moment != MOMENTS[0] else (*SEASON, *SMALL)
        with started(*words, folder=tmp_path) as process:
            wait_for(process, moment)
            os.killpg(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        assert typed(league, "db", "verify").exit_code == 0
    assert typed(league, "season", "resume").exit_code == 0
    assert digest(league) == digest(undisturbed)
    assert [shown(league, name) for name in ROLES] == [shown(undisturbed, name) for name in ROLES]
    assert typed(league, "matches", "verify", "--all").exit_code == 0


@pytest.mark.parametrize("name", ROLES)
def test_agents_show_explains_each_draw(undisturbed: Path, name: str) -> None:
    facts = shown(undisturbed, name)
    draws, known = facts["latest_draws"], {one["name"] for role in ROLES for one in shown(undisturbed, role)["checkpoints"]}
    assert {(row["season"], row["round"]) for row in draws} == {(1, 5)}
    assert {row["opponent"] for row in draws} <= known | {"bot@1", f"{name}@0"}
    matches = sum(row["drawn"] for row in draws)
    assert matches > 0
    assert matches % BOARDS == 0  # whole batches: none is left out, none is told twice
    likely = sum(row["probability"] for row in draws)
    assert likely == pytest.approx(1, abs=0.15)  # less those whom nobody drew
    assert likely < 1 + 1e-9
    for row in draws:
        against_itself = row["opponent"] == f"{name}@0"
        assert row["games"] == (0 if against_itself else row["drawn"])
        assert row["win_rate"] == (None if against_itself else (row["wins"] + row["draws"] / 2) / row["games"])


def test_each_role_is_drawn_its_opponents_by_its_own_branches(undisturbed: Path) -> None:
    chances = {}
    for name in ROLES:
        chances[name] = Counter[str]()
        for row in shown(undisturbed, name)["latest_draws"]:
            chances[name][row["branch"]] += row["probability"]
    assert chances["main"]["self-play"] == pytest.approx(0.35, abs=0.16)  # with what verification had no use for
    drawn, undrawn = chances["main"]["everybody, pfsp hard"], 1 - chances["main"].total()  # who came up, and who did not
    assert drawn - 1e-9 <= 0.5 <= drawn + undrawn + 1e-9
    assert all(branch.startswith("exploit main: ") for branch in chances["sly"])
    assert chances["hunter"].keys() == {"exploit everybody, pfsp capped"}
