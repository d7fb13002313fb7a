"""The runner: a match is what its seed and its lineup make it, whoever else is in the batch and whatever befalls them."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from agents.core import Agent, Observation, only_reads
from agents.registry import make_agent
from agents.scripted.uniform import Uniform
from agents.softmax import SoftmaxPolicies
from agents.trajectory import Trajectory
from arena.match import Checkpoint, Match, Result
from arena.runner import Cast, Played, luck, play
from arena.tape import TapePlayer
from games.chance import bits
from games.core import FORFEIT, Game, State
from games.registry import GAMES
from games.spec import GameSpec
from games.tic_tac_toe import TicTacToe, TicTacToeState
from tests.plugins.odd_games import Cursed, Pile, Stuck, Weather, infinite, nan

THREE_WAYS = {
    "rock_paper_scissors": ("uniform", "biased([1, 2, 3])", "paper"),
    "prisoners_dilemma(noise=0.1)": ("tit_for_two_tats", "grudger", "coin"),
    "tic_tac_toe": ("uniform", "tactician", "tests.plugins.bad_bots:lister"),
    "leduc_poker": ("uniform", "tight", "raiser"),
    "tests.plugins.odd_games:Pile": ("uniform", "fixed(1)", "biased([1, 3])"),
    "tests.plugins.odd_games:Weather": ("uniform", "fixed(1)", "biased([1, 3])"),
}


def checkpoint(spec: str, *, id: str = "twin") -> Checkpoint:
    """Twins have the same luck, so that what they do can be compared."""
    return Checkpoint(spec, 1, spec, None, id)


def cast(game: Game, *specs: str) -> Cast:
    return Cast(
        [make_agent(spec, game.spec) for spec in specs], {checkpoint(spec): (place, 0) for place, spec in enumerate(specs)}
    )


def every_lineup(game: Game, specs: Sequence[str], *, seeds: Sequence[int] = (3, 4, 5)) -> list[Match]:
    lineups = product(map(checkpoint, specs), repeat=game.spec.seats)
    return [Match(place, seed, lineup) for place, (lineup, seed) in enumerate(product(lineups, seeds))]


def told(results: Sequence[Result]) -> dict[int, Result]:
    return {result.match.ordinal: result for result in results}


def versus(game: Game, one: str, other: str, *, games: int = 60) -> Played:
    """Two agents in both seats by turns, on their own seeds."""
    lineup = (checkpoint(one), checkpoint(other))
    matches = [Match(place, place + 1, lineup if place % 2 == 0 else lineup[::-1]) for place in range(games)]
    return play(game, matches, cast(game, one, other))


# A match alone or in company


@pytest.mark.parametrize("text", THREE_WAYS)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_a_match_is_the_same_in_any_company_and_order(text: str, data: st.DataObject) -> None:
    game: Game = GAMES.make(text)
    matches = every_lineup(game, THREE_WAYS[text])
    together = told(play(game, matches, cast(game, *THREE_WAYS[text])).results)
    some = data.draw(st.lists(st.sampled_from(matches), min_size=1, max_size=12, unique=True))
    order = data.draw(st.permutations(THREE_WAYS[text]))
    assert told(play(game, some, cast(game, *order)).results) == {match.ordinal: together[match.ordinal] for match in some}


@pytest.mark.parametrize("text", THREE_WAYS)
def test_a_match_is_what_one_slow_loop_makes_of_it(text: str) -> None:
    game: Game = GAMES.make(text)
    actors = cast(game, *THREE_WAYS[text])
    for result in play(game, every_lineup(game, THREE_WAYS[text], seeds=[7]), actors).results:
        returns, steps, seen = slowly(game, result.match, actors)
        assert (result.returns, result.steps, result.ending.kind) == (returns, steps, "finished")
        assert taped(game, result) == [action for *_, action in seen]


def test_two_agents_on_one_seed_share_the_opponents_luck_but_not_each_others() -> None:
    game: Game = GAMES.make("rock_paper_scissors")
    bob = checkpoint("uniform", id="bob")
    matches = [
        Match(place, seed, (checkpoint("uniform", id=who), bob))
        for place, (seed, who) in enumerate(product(range(50), "ab"))
    ]
    places = {seat: (0, 0) for match in matches for seat in match.lineup}
    throws = [
        taped(game, result) for result in play(game, matches, Cast([make_agent("uniform", game.spec)], places)).results
    ]
    assert [theirs for _, theirs in throws[::2]] == [theirs for _, theirs in throws[1::2]]
    assert [mine for mine, _ in throws[::2]] != [mine for mine, _ in throws[1::2]]


def test_three_at_a_table_play_the_pile_down() -> None:
    game, take_one, take_two = Pile(), "fixed(0)", "fixed(1)"
    lineup = tuple(map(checkpoint, (take_two, take_one, take_one)))
    (result,) = play(game, [Match(0, 0, lineup)], cast(game, take_one, take_two)).results
    assert (result.returns, result.steps) == ((2.0, -1.0, -1.0), 4)  # five counters: 2, 1, 1, and the last one


def test_a_checkpoint_may_hold_both_seats() -> None:
    played = versus(GAMES.make("prisoners_dilemma(rounds=6)"), "grudger", "grudger")
    assert {result.returns for result in played.results} == {(18.0, 18.0)}


def test_memory_is_each_row_s_own() -> None:
    game = GAMES.make("prisoners_dilemma(rounds=5)")
    results = versus(game, "grudger", "alternator", games=2).results  # CCDDD meets CDCDC, in either seat
    assert [result.returns for result in results] == [(3 + 0 + 5 + 1 + 5, 3 + 5 + 0 + 1 + 0), (9.0, 14.0)]


def test_a_step_at_which_nobody_acts_is_the_rules_alone() -> None:
    game = Weather()
    (result,) = play(game, [Match(0, 0, (checkpoint("fixed(0)"),) * 3)], cast(game, "fixed(0)")).results
    assert (result.steps, len(result.tape), result.returns) == (9, 5, (-1.0, 2.0, -1.0))


FAR = ("games.core.is_far", "arena.runner.is_far", "agents.nets.is_far")


@pytest.mark.parametrize("text", THREE_WAYS)
@pytest.mark.parametrize("place", [0, 1])
def test_a_match_is_the_same_where_nobody_looks_at_boards(text: str, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    game: Game = GAMES.make(text)
    matches = every_lineup(game, THREE_WAYS[text])
    watch = matches[place].lineup[-1]
    near = play(game, matches, cast(game, *THREE_WAYS[text]), watch=watch)
    for name in FAR:
        monkeypatch.setattr(name, lambda device: True)
    far = play(game, matches, cast(game, *THREE_WAYS[text]), watch=watch)
    assert far.results == near.results
    assert far.trajectory
    assert near.trajectory
    assert_same(far.trajectory, near.trajectory)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("text", THREE_WAYS)
def test_a_match_is_the_same_on_a_gpu(text: str) -> None:
    game: Game = GAMES.make(text)
    matches, actors = every_lineup(game, THREE_WAYS[text]), cast(game, *THREE_WAYS[text])
    here = play(game, matches, actors, watch=matches[0].lineup[0])
    there = play(
        game,
        matches,
        Cast([agent.to("cuda") for agent in cast(game, *THREE_WAYS[text]).actors], actors.places),
        watch=matches[0].lineup[0],
        device="cuda",
    )
    assert there.results == here.results
    assert there.trajectory
    assert here.trajectory
    assert_same(there.trajectory.to("cpu"), here.trajectory)


# Agents' mistakes

FAULTS = {
    "crash": "crash",
    "leave": "crash",
    "taken": "illegal",
    "negative": "illegal",
    "enormous": "illegal",
    "nan": "invalid",
    "whole_floats": "invalid",
    "short": "invalid",
    "long": "invalid",
    "square": "invalid",
    "booleans": "invalid",
    "nothing": "invalid",
    "text": "invalid",
    "beyond_words": "invalid",
    "unspeakable": "crash",
    "end_generator": "crash",
    "cancel": "crash",
    "own_tensor": "invalid",
    "sparse": "invalid",
    "evil_tensor": "crash",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_agent_that_fails_on_some_boards_forfeits_these_alone(fault: str) -> None:
    """Beside a twin that plays the same without its faults: the same match up to the fault, and there the forfeit."""
    game: Game = GAMES.make("tic_tac_toe")
    bot = f"tests.plugins.bad_bots:Saboteur({fault!r})"
    faulty, honest = versus(game, bot, "tactician").results, versus(game, "uniform", "tactician").results
    lost = 0
    for place, (result, twin) in enumerate(zip(faulty, honest, strict=True)):
        seat = place % 2  # of the bot
        until = first_without_centre(game, twin, seat)
        if until is None:
            assert (result.returns, result.tape, result.faults) == (twin.returns, twin.tape, ())
            continue
        lost += 1
        assert str(result.ending) == f"forfeit({FAULTS[fault]})"
        assert result.faults[seat] == FAULTS[fault]
        assert result.faults[1 - seat] is None
        assert result.returns == ((-1.0, 1.0) if seat == 0 else (1.0, -1.0))
        assert taped(game, result) == [*taped(game, twin)[:until], FORFEIT]
        assert result.steps == until + 1
    assert 0 < lost < len(faulty)


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found_where_nobody_looks_at_boards(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    game: Game = GAMES.make("tic_tac_toe")
    bot = f"tests.plugins.bad_bots:Saboteur({fault!r})"
    near = versus(game, bot, "tactician")
    for name in FAR:
        monkeypatch.setattr(name, lambda device: True)
    far = versus(game, bot, "tactician")
    assert (far.results, far.notes) == (near.results, near.notes)


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ("crash", r"ZeroDivisionError: the centre is lost \(bad_bots.py:\d+, in crash\)"),
        ("unspeakable", r"Unspeakable: \(its message cannot be read\) \(bad_bots.py"),
        ("taken", "action 4 is not legal"),
        ("nan", "expected integers, got torch.float32"),
        ("short", r"expected shape \(1,\), got \(0,\)"),
        ("nothing", "expected integers, got NoneType"),
        ("beyond_words", "expected integers, got list"),
    ],
)
def test_notes_say_what_went_wrong_and_where(fault: str, note: str) -> None:
    played = versus(GAMES.make("tic_tac_toe"), f"tests.plugins.bad_bots:Saboteur({fault!r})", "uniform")
    forfeits = {
        (place, result.faults.index(FAULTS[fault])) for place, result in enumerate(played.results) if any(result.faults)
    }
    assert played.notes.keys() == forfeits != set()
    for said in played.notes.values():
        with pytest.raises(AssertionError, match=note):
            raise AssertionError(said)


def test_a_match_does_not_depend_on_neighbours_that_fail() -> None:
    game: Game = GAMES.make("tic_tac_toe")
    specs = ("uniform", "tests.plugins.bad_bots:Saboteur('crash')", "tests.plugins.bad_bots:Saboteur('short')")
    matches = every_lineup(game, specs, seeds=range(8))
    together = told(play(game, matches, cast(game, *specs)).results)
    for match in random.Random(1).sample(matches, 20):
        assert told(play(game, [match], cast(game, *specs)).results) == {match.ordinal: together[match.ordinal]}


def test_innocent_rows_of_a_failed_batch_remember_once() -> None:
    game: Game = GAMES.make("prisoners_dilemma(rounds=12, noise=0.3)")
    touchy = versus(game, "tests.plugins.bad_bots:Touchy", "alternator").results
    steady = versus(game, "tit_for_two_tats", "alternator").results
    assert [place for place, result in enumerate(touchy) if result.faults] == [2]  # row 4 is its first seat
    assert touchy[2].steps == 6
    for place, (result, twin) in enumerate(zip(touchy, steady, strict=True)):
        assert place == 2 or (result.tape, result.returns) == (twin.tape, twin.returns)


def test_an_agent_that_cannot_begin_a_match_forfeits_it_when_its_turn_comes() -> None:
    played = versus(GAMES.make("tic_tac_toe"), "tests.plugins.bad_bots:Unready", "uniform", games=6)
    for place, result in enumerate(played.results):
        assert result.faults == ((), (None, "crash"))[place % 2]
        assert result.ending.kind == ("finished", "forfeit")[place % 2]
    (note,) = set(played.notes.values())
    assert re.fullmatch(r"OSError: no engine there \(bad_bots.py:\d+, in reset\)", note)


def test_who_never_comes_to_its_turn_has_not_failed() -> None:
    game = GAMES.make("tic_tac_toe")
    played = versus(game, "tests.plugins.bad_bots:Unready", "tests.plugins.bad_bots:Cheat", games=2)
    both = play(
        game,
        [Match(0, 1, (checkpoint("fixed(7)"), checkpoint("tests.plugins.bad_bots:Unready")))],
        Cast(
            [Gone(game.spec), make_agent("tests.plugins.bad_bots:Unready", game.spec)],
            {checkpoint("fixed(7)"): (0, 0), checkpoint("tests.plugins.bad_bots:Unready"): (1, 0)},
        ),
    ).results[0]
    assert both.faults == ("crash", None)
    assert [result.faults for result in played.results] == [(None, "illegal"), (None, "crash")]


class Gone(Agent):
    def act(self, observation: Observation) -> Tensor:
        raise KeyError("gone")


def test_what_an_agent_scribbles_on_its_observation_is_its_own_affair() -> None:
    game: Game = GAMES.make("tic_tac_toe")
    watch = checkpoint("tests.plugins.bad_bots:Scribbler")
    matches = [Match(place, place, (watch, checkpoint("tactician"))) for place in range(9)]
    scribbled = play(game, matches, cast(game, watch.spec, "tactician"), watch=watch)
    unwatched = play(game, matches, cast(game, watch.spec, "tactician"))
    honest = [Match(match.ordinal, match.seed, (checkpoint("uniform"), match.lineup[1])) for match in matches]
    clean = play(game, honest, cast(game, "uniform", "tactician"), watch=checkpoint("uniform"))
    for played in (scribbled, unwatched):
        assert [result.tape for result in played.results] == [result.tape for result in clean.results]
    assert scribbled.trajectory
    assert clean.trajectory
    assert_same(scribbled.trajectory, clean.trajectory)


class Pupil(Agent):
    """Learns while it acts, from all that it is shown."""

    def act(self, observation: Observation) -> Tensor:
        with torch.enable_grad():
            weight = torch.ones(observation.legal.shape[1], requires_grad=True)
            (observation.features.sum() + (weight * observation.legal).sum() + observation.seed.sum()).backward()
        assert weight.grad is not None
        observation.features.zero_()
        observation.seat.add_(1)
        return observation.legal.int().argmax(1)


class Grown(Uniform):
    """An agent made from one that only looks, which does more than look."""

    act = Pupil.act


@pytest.mark.parametrize("kind", [Pupil, Grown])
@pytest.mark.parametrize("watched", [False, True])
def test_an_agent_may_learn_from_what_it_is_shown_as_it_acts(kind: type[Agent], watched: bool) -> None:
    game: Game = GAMES.make("tic_tac_toe")
    learner, other = checkpoint("pupil"), checkpoint("uniform")
    actors = Cast([kind(game.spec), make_agent("uniform", game.spec)], {learner: (0, 0), other: (1, 0)})
    matches = [Match(place, place, ((learner, other), (other, learner))[place % 2]) for place in range(10)]
    results = play(game, matches, actors, watch=other if watched else None).results
    assert all(result.faults == () or result.faults == (None, None) for result in results)


class Steered(SoftmaxPolicies):
    """One of ours with a part of its own, which learns as it is asked."""

    def __init__(self, game: GameSpec) -> None:
        Agent.__init__(self, game)
        self.weight, self.learned = torch.zeros(game.actions, requires_grad=True), 0

    def actors(self, features: Tensor, seat: Tensor, member: Tensor) -> Tensor:
        with torch.enable_grad():
            (features.flatten(1).sum() * self.weight).sum().backward()
        self.learned += 1
        return self.weight.detach().expand(len(features), -1)


class Buffered(TicTacToe):
    """Keeps one piece of paper, and writes on it again and again."""

    def reset(self, seeds: Tensor) -> State:
        self.paper = torch.zeros(1)
        return super().reset(seeds)

    def observe(self, state: TicTacToeState, seat: Tensor) -> Tensor:
        return super().observe(state, seat) + self.paper.zero_()


def test_what_users_make_of_our_classes_works_as_it_would_anywhere() -> None:
    game = Buffered()
    steered, other = checkpoint("steered"), checkpoint("uniform")
    agent = Steered(game.spec)
    actors = Cast([agent, make_agent("uniform", game.spec)], {steered: (0, 0), other: (1, 0)})
    results = play(game, [Match(place, place, (steered, other)) for place in range(6)], actors).results
    assert not any(result.faults or result.void for result in results)
    assert agent.learned > 1


class Onlooker(Uniform):
    """Notes whether it is shown what costs less, and cannot be learned from."""

    cheap = True

    @only_reads
    def act(self, observation: Observation) -> Tensor:
        self.cheap = self.cheap and observation.features.is_inference() and observation.legal.is_inference()
        return super().act(observation)


class Reader(Agent):
    """Notes where in memory lies what it is shown."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        self.found: set[tuple[int, ...]] = set()

    @only_reads
    def act(self, observation: Observation) -> Tensor:
        self.found.add(tuple(getattr(observation, name).data_ptr() for name in ("row", "seat", "seed", "member")))
        return torch.zeros_like(observation.row)


def test_who_only_reads_is_shown_what_is_there_and_no_copy() -> None:
    game: Game = GAMES.make("prisoners_dilemma(rounds=5)")
    who, reader = checkpoint("reader"), Reader(game.spec)
    play(game, [Match(0, 0, (who, who))], Cast([reader], {who: (0, 0)}))
    assert len(reader.found) == 1


@pytest.mark.parametrize("text", ["tic_tac_toe", "rock_paper_scissors"])
def test_a_trajectory_can_be_learned_from_though_nothing_else_can(text: str) -> None:
    game: Game = GAMES.make(text)
    watch, onlooker = checkpoint("onlooker"), Onlooker(game.spec)
    trajectory = play(game, [Match(0, 0, (watch, watch))], Cast([onlooker], {watch: (0, 0)}), watch=watch).trajectory
    assert trajectory
    assert onlooker.cheap
    assert not any(column.is_inference() for column in vars(trajectory).values() if column is not None)


def test_legal_is_what_the_rules_say_and_not_what_an_agent_makes_of_it() -> None:
    results = versus(GAMES.make("tic_tac_toe"), "tests.plugins.bad_bots:Cheat", "fixed(0)", games=2).results
    assert [str(result.ending) for result in results] == ["forfeit(illegal)"] * 2
    assert [result.faults for result in results] == [("illegal", None), (None, "illegal")]


# The rules' mistakes


@pytest.mark.parametrize("where", ["reset", "step", "observe"])
def test_where_the_rules_raise_only_these_matches_are_void(where: str) -> None:
    broken, sound = versus(Cursed(where), "uniform", "tactician"), versus(GAMES.make("tic_tac_toe"), "uniform", "tactician")
    for result, twin in zip(broken.results, sound.results, strict=True):
        if twin.match.seed % 5 == 0:
            assert str(result.ending) == "void(rules: IndexError)"
            assert (result.returns, result.tape, result.faults) == ((), b"", ())
        else:
            assert result == twin
    void = {(place, 0) for place, result in enumerate(broken.results) if result.void}
    notes = {note for place, note in broken.notes.items() if place in void}
    assert all(
        re.fullmatch(r"the rules raised IndexError: off the board \(odd_games.py:\d+, in _curse\)", note) for note in notes
    )
    assert len(void) == 12


def test_rules_that_quit_are_void_as_well() -> None:
    results = versus(Cursed(quits=True), "uniform", "tactician").results
    assert {result.void for result in results} == {None, "rules: SystemExit"}


def test_an_agent_that_sets_up_torch_does_so_for_itself_alone() -> None:
    game: Game = GAMES.make("connect_four")
    before = torch.get_num_threads(), torch.get_default_dtype()
    meddled = versus(game, "tests.plugins.bad_bots:Meddler", "uniform", games=10).results
    assert (torch.get_num_threads(), torch.get_default_dtype()) == before
    honest = versus(game, "uniform", "uniform", games=10).results
    assert [result.tape for result in meddled] == [result.tape for result in honest]


def test_where_the_rules_leave_a_seat_nothing_to_do_the_match_is_void_and_nobody_s_fault() -> None:
    broken, sound = versus(Stuck(), "uniform", "tactician"), versus(GAMES.make("tic_tac_toe"), "uniform", "tactician")
    for result, twin in zip(broken.results, sound.results, strict=True):
        if twin.match.seed % 5 == 0:
            assert str(result.ending) == "void(rules: NoLegalAction)"
        else:
            assert result == twin


@pytest.mark.parametrize("rules", [nan, infinite])
def test_where_the_rules_pay_no_finite_number_the_match_is_void(rules: type) -> None:
    broken, sound = versus(rules(), "uniform", "tactician"), versus(GAMES.make("tic_tac_toe"), "uniform", "tactician")
    for result, twin in zip(broken.results, sound.results, strict=True):
        if twin.match.seed % 5 == 0:
            assert str(result.ending) == "void(rules: returns are not finite)"
        else:
            assert result == twin


@pytest.mark.parametrize("rules", [Cursed("step"), nan(), infinite()])
def test_void_matches_do_not_teach(rules: Game) -> None:
    watch, other = checkpoint("uniform"), checkpoint("tactician")
    matches = [Match(place, place, (watch, other)) for place in range(12)]
    trajectory = play(rules, matches, cast(rules, "uniform", "tactician"), watch=watch).trajectory
    sound: Game = GAMES.make("tic_tac_toe")
    expected = play(sound, matches, cast(sound, "uniform", "tactician"), watch=watch).trajectory
    assert trajectory
    assert expected
    assert not set(trajectory.match.tolist()) & {0, 5, 10}
    assert trajectory.returns.isfinite().all()
    taught = expected.match % 5 != 0
    assert torch.equal(trajectory.action, expected.action[taught])
    assert torch.equal(trajectory.match, expected.match[taught])


# What a watched learner lives through


@pytest.mark.parametrize("text", THREE_WAYS)
def test_the_trajectory_is_what_a_slow_loop_would_have_written_down(text: str) -> None:
    game: Game = GAMES.make(text)
    specs = THREE_WAYS[text]
    matches, watch = every_lineup(game, specs, seeds=[3, 9]), checkpoint(specs[0])
    actors = cast(game, *specs)
    trajectory = play(game, matches, actors, watch=watch).trajectory
    assert trajectory
    assert_same(trajectory, written_down(game, matches, actors, watch))


def test_two_agents_with_one_actor_are_not_mistaken_for_each_other() -> None:
    game: Game = GAMES.make("tic_tac_toe")
    alice, bob = (Checkpoint.make(name, 1, spec="uniform") for name in ("alice", "bob"))
    trajectory = play(
        game, [Match(0, 1, (alice, bob))], Cast([make_agent("uniform", game.spec)], {alice: (0, 0), bob: (0, 0)}), watch=bob
    ).trajectory
    assert trajectory
    assert set(trajectory.seat.tolist()) == {1}


def test_a_forfeit_is_no_decision() -> None:
    game: Game = GAMES.make("tic_tac_toe")
    watch = checkpoint("tests.plugins.bad_bots:Saboteur('taken')")
    matches = [Match(place, place, (checkpoint("tactician"), watch)) for place in range(20)]
    played = play(game, matches, cast(game, watch.spec, "tactician"), watch=watch)
    assert played.trajectory
    assert any(result.faults for result in played.results)
    assert bool(played.trajectory.legal.gather(1, played.trajectory.action[:, None]).all())
    moves = sum((result.steps - bool(result.faults)) // 2 for result in played.results)
    assert len(played.trajectory) == moves


def test_a_watched_checkpoint_that_never_acts_has_an_empty_trajectory() -> None:
    game: Game = GAMES.make("tic_tac_toe")
    watch = checkpoint("tests.plugins.bad_bots:Unready")
    trajectory = play(
        game, [Match(0, 0, (checkpoint("uniform"), watch))], cast(game, watch.spec, "uniform"), watch=watch
    ).trajectory
    assert trajectory is not None
    assert len(trajectory) == 0
    assert trajectory.features.shape == (0, 2, 3, 3)
    assert trajectory.legal.shape == (0, 9)
    assert trajectory.returns.tolist() == [[1.0, -1.0]]


def test_unwatched_matches_leave_no_trajectory() -> None:
    assert versus(GAMES.make("tic_tac_toe"), "uniform", "uniform", games=2).trajectory is None


# The slow loop: one match at a time, one seat at a time

Seen = tuple[Checkpoint, Tensor, Tensor, int, int, Tensor, int]  # who, features, legal, seat, step, earned, action


def slowly(game: Game, match: Match, actors: Cast) -> tuple[tuple[float, ...], int, list[Seen]]:
    state, seen = game.reset(torch.tensor([match.seed])), list[Seen]()
    seeds = [bits(state.seed, luck(who), seat) for seat, who in enumerate(match.lineup)]
    agents: Mapping[Checkpoint, Agent] = {who: actors.actors[index] for who, (index, _) in actors.places.items()}
    for seat, who in enumerate(match.lineup):
        agents[who].reset(torch.tensor([seat]), seeds[seat])
    while not state.done:
        actions = torch.zeros(1, game.spec.seats, dtype=torch.int64)
        for seat in state.to_act[0].nonzero().flatten().tolist():
            who, place = match.lineup[seat], torch.tensor([seat])
            features, legal = game.observe(state, place), state.legal[:, seat]
            row = Observation(features, legal, place, state.step, seeds[seat], place, torch.tensor([0]))
            actions[0, seat] = torch.as_tensor(agents[who].act(row))[0]
            action = int(actions[0, seat])
            seen.append((who, features[0], legal[0], seat, int(state.step), state.returns[0], action))
        state = game.step(state, actions)
    return tuple(state.returns[0].tolist()), int(state.step), seen


def test_a_centralised_learner_is_told_the_global_state_of_each_decision():
    game = GAMES.make("kuhn_poker")
    watch = checkpoint("uniform")
    matches = every_lineup(game, ("uniform", "tight"))
    plain = play(game, matches, cast(game, "uniform", "tight"), watch=watch).trajectory
    actors = cast(game, "uniform", "tight")
    actors.actors[0].centralised = True
    told_all = play(game, matches, actors, watch=watch).trajectory
    assert plain is not None
    assert plain.state is None
    assert told_all is not None
    assert told_all.state is not None
    assert_same(replace(told_all, state=None), plain)
    own = plain.features.flatten(1)
    views = told_all.state.view(len(own), game.spec.seats, -1)  # by default what all seats see
    assert torch.equal(views[torch.arange(len(own)), plain.seat], own)
    assert not torch.equal(views[:, 0], views[:, 1])


def written_down(game: Game, matches: Sequence[Match], actors: Cast, watch: Checkpoint) -> Trajectory:
    rows, returns = [], []
    for place, match in enumerate(matches):
        paid, _, seen = slowly(game, match, actors)
        returns.append(paid)
        rows += [(place, row) for row in seen if row[0] == watch]
    return Trajectory(
        features=torch.stack([row[1] for _, row in rows]),
        legal=torch.stack([row[2] for _, row in rows]),
        action=torch.tensor([row[6] for _, row in rows]),
        match=torch.tensor([place for place, _ in rows]),
        seat=torch.tensor([row[3] for _, row in rows]),
        step=torch.tensor([row[4] for _, row in rows]),
        earned=torch.stack([row[5] for _, row in rows]),
        returns=torch.tensor(returns),
    )


def assert_same(one: Trajectory, other: Trajectory) -> None:
    for field in fields(Trajectory):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        assert mine is theirs or torch.equal(mine, theirs), field.name


def taped(game: Game, result: Result) -> list[int]:
    """The actions of a tape, read back through the rules."""
    player, state, actions = TapePlayer(game.spec, [result.tape]), game.reset(torch.tensor([result.match.seed])), []
    while not state.done:
        played = player.next(state.to_act)
        actions += played[state.to_act].tolist()
        state = game.step(state, played)
    return actions


def first_without_centre(game: Game, result: Result, seat: int) -> int | None:
    """The step at which `seat` must first move while the other holds the centre."""
    state = game.reset(torch.tensor([result.match.seed]))
    for action in taped(game, result):
        if bool(state.to_act[0, seat]) and game.observe(state, torch.tensor([seat]))[0, 1, 1, 1] > 0:
            return int(state.step)
        state = game.step(state, torch.full((1, 2), action))
    return None
