"""A training phase: a function of its task alone, in which only the learner learns, and says whom it met and why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import torch

import arena.training
from agents.registry import make_agent
from agents.weights import pack, unpack
from arena.match import Checkpoint, Entrant, Match
from arena.pool import Candidate
from arena.runner import Played, play
from arena.tally import Tally
from arena.training import Trained, TrainingTask
from arena.workers import Desk, Workers
from games.core import Game
from games.errors import CheckFailed
from games.registry import GAMES

PPO = "ppo(hidden=(8,))"
BOT = Checkpoint.make("bot", 1, spec="uniform")
TACTICIAN = Checkpoint.make("tactician", 1, spec="tactician")


def facing(*pool: Checkpoint) -> tuple[Candidate, ...]:
    return tuple(Candidate(one, 0.5) for one in pool)


def state_of(spec: str, game: str, seed: int = 0) -> bytes:
    return pack(make_agent(spec, GAMES.make(game).spec, seed=seed).state())  # type: ignore[attr-defined]


def task(spec: str = PPO, *, game: str = "tic_tac_toe", pool: tuple[Checkpoint, ...] = (BOT, TACTICIAN)) -> TrainingTask:
    return TrainingTask(
        entrant=Entrant("alice", spec, game, learns=True),
        state=state_of(spec, game),
        pool=facing(*pool),
        tally=Tally(),
        mix="mixture(latest=0.5)",
        boards=8,
        steps=60,
        seconds=None,
        seed=11,
    )


def desk(stored: dict[str, bytes] | None = None) -> Desk:
    return Desk((stored or {}).__getitem__)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("spec", [PPO, "dqn(hidden=(8,), warmup=20, batch=8)"])
def test_a_phase_is_trained_on_a_gpu(spec: str) -> None:
    trained = replace(task(spec), device="cuda").do(desk())
    assert trained.steps >= 60
    assert trained.policy != state_of(spec, "tic_tac_toe")


def facts(trained: Trained) -> Trained:
    return replace(trained, seconds=0.0, rollout=0.0, update=0.0)


@pytest.mark.parametrize("spec", [PPO, "dqn(hidden=(8,), warmup=20, batch=8)", "tests.agents.planted:Honest"])
def test_the_same_task_comes_to_the_same_bytes_anywhere(spec: str) -> None:
    here, again = task(spec).do(desk()), task(spec).do(desk())
    assert facts(here) == facts(again)
    with Workers(2, weights=lambda sha: b"") as workers:
        elsewhere, twice = workers.run([task(spec), task(spec)])
    assert facts(elsewhere) == facts(twice) == facts(here)


def test_what_a_desk_did_before_does_not_matter() -> None:
    used = desk()
    task(game="tic_tac_toe").do(used)
    replace(task(), seed=12).do(used)
    assert facts(task().do(used)) == facts(task().do(desk()))


def test_another_seed_is_another_training() -> None:
    assert replace(task(), seed=12).do(desk()).policy != task().do(desk()).policy


def test_a_phase_begins_where_the_last_one_ended() -> None:
    first = task().do(desk())
    assert first.state != task().state
    second = replace(task(), state=first.state).do(desk())
    assert int(unpack(second.state)["steps"]) == first.steps + second.steps


def test_the_policy_is_that_of_the_state() -> None:
    trained = task().do(desk())
    learner = make_agent(PPO, GAMES.make("tic_tac_toe").spec)
    learner.load_state(unpack(trained.state))  # type: ignore[attr-defined]
    assert pack(learner.policy()) == trained.policy != pack(make_agent(PPO, GAMES.make("tic_tac_toe").spec).policy())  # type: ignore[attr-defined]


def test_it_trains_until_its_decisions_are_spent_and_no_batch_longer() -> None:
    trained = task().do(desk())
    assert trained.steps >= 60
    assert trained.games % 8 == 0
    shorter = replace(task(), steps=trained.steps - 1).do(desk())
    assert facts(replace(shorter, asked=trained.asked)) == facts(trained)
    assert replace(task(), steps=0).do(desk()).games == 0


def test_it_trains_until_its_time_is_spent() -> None:
    began = time.monotonic()
    trained = replace(task(), steps=None, seconds=0.3).do(desk())
    assert trained.seconds >= 0.3
    assert time.monotonic() - began < 5
    assert trained.games > 0


def test_only_the_learner_learns() -> None:
    """It meets a frozen checkpoint of its own kind, which must come out as it went in."""
    policy = pack(make_agent(PPO, GAMES.make("tic_tac_toe").spec, seed=5).policy())  # type: ignore[attr-defined]
    sha = sha256(policy).hexdigest()
    stored, rival = {sha: policy}, Checkpoint.make("rival", 1, spec=PPO, weights=sha)
    used = desk(stored)
    trained = replace(task(pool=(rival,)), mix="uniform").do(used)
    assert list(replace(task(), pool=facing(rival, BOT)).needs()) == [sha]
    assert {met.opponent for met in trained.met} == {rival}
    cached = used.roster("tic_tac_toe", "cpu")._policies[(PPO, sha)]
    assert pack(cached) == stored[sha] == policy != trained.policy


def test_it_learns_from_its_own_decisions_and_not_from_its_opponent_s() -> None:
    trained = replace(task(pool=(TACTICIAN,)), mix="uniform", steps=1, boards=6).do(desk())
    assert trained.games == 6
    assert trained.steps < 6 * 5  # at most five of a game's nine moves are its own


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Match]]:
    """The training matches that are played, batch by batch."""
    seen: list[Sequence[Match]] = []

    def recorded(game: Game, matches: Sequence[Match], *given: Any, **more: Any) -> Played:
        seen.append(matches)
        return play(game, matches, *given, **more)

    monkeypatch.setattr(arena.training, "play", recorded)
    return seen


def test_the_learner_takes_each_seat_by_turns(batches: list[Sequence[Match]]) -> None:
    replace(task(), mix="uniform").do(desk())
    seats = [[one.agent for one in match.lineup].index("alice") for match in batches[0]]
    assert seats == [0, 1] * 4
    assert all("alice" not in {one.agent for one in match.lineup if one.version} for match in batches[0])


def lineups(batch: Sequence[Match]) -> list[str]:
    return ["".join("L" if one.version == 0 else "b" for one in match.lineup) for match in batch]


def test_in_a_game_of_teams_the_learner_takes_each_team_by_turns(batches: list[Sequence[Match]]) -> None:
    tug = task("tests.agents.planted:Honest", game="tests.plugins.odd_games:Tug", pool=(BOT,))
    trained = replace(tug, mix="uniform", steps=1).do(desk())
    assert lineups(batches[0]) == ["LbbL", "bLLb", "bLLb", "LbbL"] * 2
    assert trained.steps == 16  # two decisions a match are its own
    assert [met.games for met in trained.met] == [8]


def test_a_team_s_tally_is_its_return_against_the_other_team(batches: list[Sequence[Match]]) -> None:
    weak = Checkpoint.make("weak", 1, spec="fixed(0)")
    tug = task("tests.plugins.bad_bots:Paper", game="tests.plugins.odd_games:Tug", pool=(weak,))  # it pulls with 1
    count = replace(tug, mix="uniform", steps=8).do(desk()).tally.counts[weak]
    assert (count.wins / count.games, count.draws) == (1.0, 0)


def test_at_a_table_of_three_to_win_is_to_beat_the_best_of_the_others(batches: list[Sequence[Match]]) -> None:
    """Of three at the pile one wins, and two lose alike: who loses beside another has not drawn with it."""
    pile = task("tests.agents.planted:Honest", game="tests.plugins.odd_games:Pile", pool=(BOT,))
    trained = replace(pile, mix="uniform", boards=30, steps=1).do(desk())
    (met,) = trained.met
    assert lineups(batches[0]) == ["Lbb", "bLb", "bbL"] * 10
    assert (met.games, met.draws) == (30, 0)
    assert 0 < met.wins < 20
    assert trained.tally.counts[BOT].draws == 0


def test_a_learner_that_is_a_whole_team_trains_from_all_seats_of_a_cooperative_game(
    batches: list[Sequence[Match]], monkeypatch: pytest.MonkeyPatch
) -> None:
    two_step = replace(task("tests.agents.planted:Honest", game="two_step", pool=(BOT,)), mix="uniform", steps=1)
    assert two_step.do(desk()).met[0].games == 8
    monkeypatch.setattr("tests.agents.planted.Honest.whole_team", True)
    trained = two_step.do(desk())
    assert [lineups(batch) for batch in batches] == [["Lb", "bL"] * 4, ["LL"] * 8]
    assert (trained.tally, trained.steps) == (Tally(), 32)
    assert [(met.drawn, met.games) for met in trained.met] == [(8, 0)]


def test_every_training_match_has_a_seed_of_its_own(batches: list[Sequence[Match]]) -> None:
    replace(task(), steps=200).do(desk())
    seeds = [match.seed for batch in batches for match in batch]
    assert len(batches) > 3
    assert len(set(seeds)) == len(seeds)


def test_opponents_are_drawn_anew_for_every_batch(batches: list[Sequence[Match]]) -> None:
    replace(task(), mix="uniform", boards=1, steps=100).do(desk())
    assert {one.agent for batch in batches for match in batch for one in match.lineup} == {"alice", "bot", "tactician"}


def test_it_says_whom_it_met_and_why() -> None:
    trained = replace(task(), mix="mixture(latest=0.5)", boards=16).do(desk())
    itself, *others = sorted(trained.met, key=lambda met: met.opponent.version)
    assert (itself.opponent.version, itself.branch, itself.probability, itself.games) == (0, "latest", 0.5, 0)
    assert {met.opponent for met in others} == set(trained.tally.counts) == {BOT, TACTICIAN}
    assert {(met.branch, met.probability) for met in others} == {("uniform", 0.25)}
    assert sum(met.drawn for met in trained.met) == trained.games == 2 * itself.drawn
    assert all(met.games == met.drawn >= met.wins + met.draws for met in others)


def test_what_came_of_whom_it_met_adds_up_over_the_batches(batches: list[Sequence[Match]]) -> None:
    """Paper beats rock, draws with paper and loses to scissors."""
    bots = [Checkpoint.make(name, 1, spec=name) for name in ("rock", "paper", "scissors")]
    one = task("tests.plugins.bad_bots:Paper", game="rock_paper_scissors", pool=tuple(bots))
    trained = replace(one, mix="uniform", boards=6, steps=18).do(desk())
    assert len(batches) == 3
    came = {met.opponent.agent: (met.drawn, met.games, met.wins, met.draws) for met in trained.met}
    assert came == {"rock": (6, 6, 6, 0), "paper": (6, 6, 0, 6), "scissors": (6, 6, 0, 0)}


def test_the_tally_counts_the_learner_s_wins_from_either_seat() -> None:
    """Paper trains against rock: a sure win from both seats; against scissors a sure loss."""
    rock, scissors = (Checkpoint.make(name, 1, spec=name) for name in ("rock", "scissors"))
    spec = "tests.plugins.bad_bots:Paper"
    for bot, wins in ((rock, 1.0), (scissors, 0.0)):
        one = replace(task(spec, game="rock_paper_scissors", pool=(bot,)), mix="uniform", steps=8)
        count = one.do(desk()).tally.counts[bot]
        assert (count.wins / count.games, count.draws) == (wins, 0)


def test_the_mix_sees_the_tally_as_it_grows() -> None:
    """By `hard` pfsp, whoever is beaten is met less and less."""
    rock, scissors = (Checkpoint.make(name, 1, spec=name) for name in ("rock", "scissors"))
    one = task("tests.plugins.bad_bots:Paper", game="rock_paper_scissors", pool=(rock, scissors))
    trained = replace(one, mix="pfsp('hard')", steps=400).do(desk())
    met = {met.opponent: met for met in trained.met}
    assert met[scissors].games > 3 * met[rock].games
    assert met[scissors].probability + met[rock].probability == pytest.approx(1)
    assert met[scissors].games / trained.games == pytest.approx(met[scissors].probability, abs=0.02)


def test_metrics_that_are_told_now_and_then_are_averaged_over_when_they_were() -> None:
    trained = replace(task("tests.plugins.bad_bots:Secretive"), steps=600).do(desk())
    assert trained.metrics["loss"] == 4.0
    assert "speed" in trained.metrics


def test_a_learner_that_never_decides_does_not_train_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    trained = task("tests.plugins.bad_bots:Paralysed").do(desk())
    assert (trained.steps, trained.games, trained.metrics) == (0, 0, {})
    assert "alice learns nothing: ZeroDivisionError: cannot move" in caplog.text


def test_matches_that_are_void_teach_nothing_and_count_for_nothing() -> None:
    cursed = replace(
        task("tests.agents.planted:Honest", game="tests.plugins.odd_games:Cursed", pool=(BOT,)), mix="uniform", boards=40
    )
    trained = replace(cursed, steps=1).do(desk())
    (met,) = trained.met
    assert 0 < met.games < met.drawn == trained.games == 40
    assert trained.tally.counts[BOT].games < met.games + 1e-9


def test_a_learner_that_breaks_while_learning_is_named() -> None:
    with pytest.raises(CheckFailed, match="'alice' broke while learning: SystemExit: no more lessons") as broke:
        task("tests.plugins.bad_bots:Unteachable").do(desk())
    assert broke.value.hint == "nothing of this round is saved for it; mend it, then: arena season resume"
