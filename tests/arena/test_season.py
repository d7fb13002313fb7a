"""A season: the loop, its promises, and what it does when it is killed."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import torch

from arena import League
from arena.errors import AlreadyExists, BadConfig, Conflict, LeagueHeld, NotFound
from arena.fixtures import propose, spread
from arena.match import Checkpoint, Pairing
from arena.season import ChunkPlayed, Event, LearnerFroze, RoundBegan, RoundRated
from arena.store import Store

SMALL = {"rounds": 3, "train": 60, "boards": 16, "chunk": 16, "games": 4, "history": 1}
KILLS, CAMPAIGN_KILLS = 30, 100


def tic_tac_toe_league(path: Path) -> League:
    """A league in which everything happens: two learners of different kinds, two bots."""
    league = League(path)
    league.register("ppo", "ppo(hidden=(16,))", game="tic_tac_toe", check=False)
    league.register("dqn", "dqn(hidden=(16,), warmup=50, batch=16)", game="tic_tac_toe", check=False)
    league.register("uniform", "uniform", game="tic_tac_toe", role="anchor", check=False)
    league.register("tactician", "tactician", game="tic_tac_toe", check=False)
    return league


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[League, list[Event]]:
    """A season that nobody disturbs, and all that it said."""
    league, told = tic_tac_toe_league(tmp_path_factory.mktemp("undisturbed") / "league.db"), []
    league.run_season("tic_tac_toe", notify=told.append, **SMALL)
    return league, told


def test_a_round_trains_freezes_plays_and_rates_in_this_order(undisturbed: tuple[League, list[Event]]) -> None:
    _, told = undisturbed
    kinds = [type(event) for event in told if not isinstance(event, ChunkPlayed)]
    assert kinds == [RoundBegan, LearnerFroze, LearnerFroze, RoundRated] * 3
    froze = [str(event.checkpoint) for event in told if isinstance(event, LearnerFroze)]
    assert froze == ["ppo@2", "dqn@2", "ppo@3", "dqn@3", "ppo@4", "dqn@4"]


def test_every_pair_of_a_round_meets_in_mirrored_pairs(undisturbed: tuple[League, list[Event]]) -> None:
    league, _ = undisturbed
    rows = [row for row in league.matches(season=1, limit=1000) if row.round == 0]
    lineups = [tuple(map(str, row.result.match.lineup)) for row in rows]
    # four agents and two first checkpoints as history: 15 pairs of 4 games
    assert len(lineups) == 60
    assert all(lineups.count(lineup) == lineups.count(lineup[::-1]) == 2 for lineup in lineups)
    seeds = [(row.result.match.seed, frozenset(lineup)) for row, lineup in zip(rows, lineups, strict=True)]
    assert all(seeds.count(seed) == 2 for seed in seeds)


def test_the_log_replays_and_the_file_is_sound(undisturbed: tuple[League, list[Event]]) -> None:
    league, _ = undisturbed
    assert list(league.verify_matches()) == []
    assert league.verify() == []


def test_a_learner_knows_whom_it_met_and_why(undisturbed: tuple[League, list[Event]]) -> None:
    league, _ = undisturbed
    met = league.agent("ppo").tally
    assert {row.branch for row in met} == {"uniform"}
    assert all(0 < row.probability <= 0.2 for row in met)
    assert any(row.opponent.agent == "tactician" for row in met)


def test_the_next_season_goes_on_with_the_learners(tmp_path: Path) -> None:
    league = tic_tac_toe_league(tmp_path / "league.db")
    short = {**SMALL, "rounds": 1}
    league.run_season("tic_tac_toe", **short)
    league.run_season("tic_tac_toe", **short)
    rows = league.agent("ppo").checkpoints
    assert [(row.checkpoint.version, row.season) for row in rows] == [(1, None), (2, 1), (3, 2)]
    assert rows[2].steps > rows[1].steps > rows[0].steps == 0
    first, second = (league.matches(season=season, limit=1000) for season in (1, 2))
    assert not {row.result.match.seed for row in first} & {row.result.match.seed for row in second}


def test_two_workers_write_the_same_league_as_one(undisturbed: tuple[League, list[Event]], tmp_path: Path) -> None:
    league = tic_tac_toe_league(tmp_path / "league.db")
    league.run_season("tic_tac_toe", workers=2, **SMALL)
    assert league.status()["digest"] == undisturbed[0].status()["digest"]


def test_another_seed_is_another_league(undisturbed: tuple[League, list[Event]], tmp_path: Path) -> None:
    league = tic_tac_toe_league(tmp_path / "league.db")
    league.run_season("tic_tac_toe", seed=1, **SMALL)
    assert league.status()["digest"] != undisturbed[0].status()["digest"]


def test_an_interrupted_season_is_finished_first(tmp_path: Path) -> None:
    league = tic_tac_toe_league(tmp_path / "league.db")

    def stop(event: Event) -> None:
        if isinstance(event, ChunkPlayed):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        league.run_season("tic_tac_toe", notify=stop, **SMALL)
    with pytest.raises(AlreadyExists, match=r"season 1 .* was interrupted"):
        league.run_season("tic_tac_toe", **{**SMALL, "seed": 5})
    done = league.run_season("tic_tac_toe", **SMALL)
    assert (done.id, done.finished, done.rounds) == (1, True, 3)
    with pytest.raises(NotFound, match="no season was interrupted"):
        league.resume()


def test_garbage_is_looked_for_as_seldom_while_a_season_is_planned_as_while_it_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    league = League(tmp_path / "league.db")
    for name in ("anna", "bert"):
        league.register(name, "uniform", game="rock_paper_scissors")
    seen = []

    def look(*given: Any, **settings: Any) -> list[Pairing]:
        seen.append(gc.get_threshold()[0])
        return propose(*given, **settings)

    monkeypatch.setattr("arena.season.propose", look)
    league.plan_season("rock_paper_scissors", train=0)
    league.run_season(
        "rock_paper_scissors", rounds=1, train=0, games=2, notify=lambda _: seen.append(gc.get_threshold()[0])
    )
    assert set(seen[:2]) == set(seen[2:])
    assert seen[0] > gc.get_threshold()[0]


def test_a_season_needs_company_and_agents_of_its_game(tmp_path: Path) -> None:
    league = tic_tac_toe_league(tmp_path / "league.db")
    league.register("rocky", "fixed(0)", game="rock_paper_scissors", check=False)
    with pytest.raises(BadConfig, match="needs two agents or more, got 1"):
        league.run_season("rock_paper_scissors")
    with pytest.raises(BadConfig, match="'rocky' plays rock_paper_scissors, not tic_tac_toe"):
        league.run_season("tic_tac_toe", ["ppo", "rocky"])
    with pytest.raises(BadConfig, match="got 1") as alone:
        league.run_season("tic_tac_toe", ["ppo"])
    assert "name another one as well" in str(alone.value.hint)
    with pytest.raises(NotFound, match="no agent is called 'pppo'"):
        league.run_season("tic_tac_toe", ["pppo", "dqn"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device that is missed here")
def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    league = tic_tac_toe_league(tmp_path / "league.db")
    with pytest.raises(BadConfig, match="this machine has no device 'cuda:1'"):
        league.run_season("tic_tac_toe", device="cuda:1", **SMALL)
    assert league.seasons() == []


def test_a_second_season_on_the_same_league_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    league = tic_tac_toe_league(tmp_path / "league.db")
    refusals = []

    def intrude(event: Event) -> None:
        if isinstance(event, RoundBegan):
            with pytest.raises(LeagueHeld, match=f"process {os.getpid()} on ") as refusal:
                League(league.path).resume()
            refusals.append(refusal)

    league.run_season("tic_tac_toe", notify=intrude, **{**SMALL, "rounds": 1})
    assert refusals


def test_history_is_spread_evenly_from_the_first() -> None:
    old = [Checkpoint.make("a", version, spec="ppo") for version in range(1, 10)]
    assert [one.version for one in spread(old, 3)] == [1, 4, 7]
    assert spread(old[:2], 3) == old[:2]
    assert spread(old, 0) == []


@pytest.mark.parametrize(("workers", "kills"), [(1, KILLS), (2, KILLS // 10)])
def test_a_killed_season_resumes_to_the_same_league(
    undisturbed: tuple[League, list[Event]], tmp_path: Path, workers: int, kills: int
) -> None:
    kill_and_resume(tmp_path / "league.db", undisturbed[0], kills=kills, workers=workers, seed=1)


@pytest.mark.campaign
@pytest.mark.parametrize("workers", [1, 2])
def test_campaign_of_a_hundred_kills(undisturbed: tuple[League, list[Event]], tmp_path: Path, workers: int) -> None:
    for attempt in range(CAMPAIGN_KILLS // 20):
        kill_and_resume(tmp_path / f"{attempt}.db", undisturbed[0], kills=20, workers=workers, seed=attempt)


@pytest.mark.campaign
def test_a_starter_season_teaches_ppo_connect_four(tmp_path: Path) -> None:
    """What `make season` promises, at the default settings and seed; baselines: uniform, and the policy it began with."""
    league = League(tmp_path / "league.db")
    for name, spec in {"ppo": "ppo", "dqn": "dqn", "uniform": "uniform", "minimax-2": "minimax(depth=2)"}.items():
        league.register(name, spec, game="connect_four")
    league.run_season("connect_four", workers=2)
    against_uniform, against_itself = (league.exhibition(["ppo", other], games=400) for other in ("uniform", "ppo@1"))
    print(f"ppo@11 scores {against_uniform.score:.3f} against uniform, {against_itself.score:.3f} against ppo@1")
    assert against_uniform.score >= 0.9
    assert against_itself.score >= 0.7


def kill_and_resume(path: Path, undisturbed: League, *, kills: int, workers: int, seed: int) -> None:
    """Kills a season at random moments and resumes it each time; in the end it must be the undisturbed one."""
    league, chance = tic_tac_toe_league(path), random.Random(seed)
    ended, moments = 0, set()
    for _ in range(kills):
        kill_after(path, workers, events=chance.randint(0, 5), seconds=chance.uniform(0, 0.1))
        if any(season.finished for season in league.seasons()):
            ended += 1  # it came to its end before the kill came, so going on would be a second season: kill another one
            assert league.status()["digest"] == undisturbed.status()["digest"]
            for leftover in path.parent.glob(f"{path.name}*"):
                leftover.unlink()
            tic_tac_toe_league(path)
        assert league.verify() == []
        moments.add((ended, league.status()["checkpoints"], league.status()["matches"]))
    assert len(moments) > kills / 3, "the kills did not hit the season at enough different moments"
    began = time.monotonic()
    go_on(path, workers)  # the last one killed is unfinished, or was just made anew
    took = time.monotonic() - began
    print(f"{kills} kills at {len(moments)} moments, {ended} seasons ended in between, the last resume took {took:.1f} s")
    assert league.status()["digest"] == undisturbed.status()["digest"]
    ordinals = [row.result.match.ordinal for row in league.matches(season=1, limit=10_000)]
    assert sorted(ordinals) == list(range(undisturbed.status()["matches"]))
    assert list(league.verify_matches()) == []


def kill_after(path: Path, workers: int, *, events: int, seconds: float) -> None:
    """Goes on with the season in another process, and kills it so long after so many events, unless it ended before."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "arena.season"])
    told, tell = context.Pipe(duplex=False)
    process = context.Process(target=go_on, args=(path, workers, tell))
    process.start()
    tell.close()
    with suppress(EOFError):
        for _ in range(events):
            told.recv()
    process.join(seconds)
    if process.exitcode is None:
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"the season broke with exit code {process.exitcode}"


def go_on(path: Path, workers: int, tell: Connection | None = None) -> None:
    """Begins the season or goes on with it; a word for each event."""
    League(path).run_season("tic_tac_toe", workers=workers, notify=tell and (lambda event: tell.send(None)), **SMALL)


def test_a_round_is_rated_once(undisturbed: tuple[League, list[Event]], tmp_path: Path) -> None:
    undisturbed[0].backup(tmp_path / "copy.db")
    with Store.open(tmp_path / "copy.db", write=True) as store, pytest.raises(Conflict, match="is closed already"):
        store.close_round(1, 0, store.standings("tic_tac_toe"))
