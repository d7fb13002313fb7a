"""OpenSpiel's games as ours: every kind of them keeps the contract, and plays and pays as OpenSpiel says."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pyspiel
import pytest
import torch

from games.checks import check_game
from games.connect_four import ConnectFour
from games.errors import ArenaError, BadSpec, MissingExtra, UnknownName
from games.kuhn_poker import KuhnPoker
from games.openspiel import OpenSpiel, openspiel
from games.outside import OutsideFault, entries
from games.registry import GAMES
from games.tree import grow
from tests.games.playing import at_random

QUICK = (  # of each kind: turns and at once, with chance and without, 2 to 5 seats, every flavour, paid early and late
    "bargaining",
    "blotto(players=10,coins=4,fields=2)",
    "clobber",
    "connect_four",
    "coop_box_pushing(horizon=20)",
    "dark_hex(board_size=3)",
    "dots_and_boxes",
    "einstein_wurfelt_nicht",
    "euchre",
    "first_sealed_auction(players=4)",
    "goofspiel(num_cards=4,players=3,points_order=random)",
    "hanabi(players=2,colors=2,ranks=3,hand_size=2)",
    "kuhn_poker(players=5)",
    "latent_ttt",
    "leduc_poker(players=3)",
    "lewis_signaling",
    "liars_dice",
    "markov_soccer",
    "matching_pennies_3p",
    "matrix_coordination",
    "matrix_pd",
    "matrix_rps",
    "misere(game=tic_tac_toe())",
    "nim",
    "oshi_zumo(coins=10,size=2)",
    "othello",
    "pentago",
    "phantom_ttt",
    "sheriff",
    "skat",
    "snake",
    "tic_tac_toe",
    "tiny_bridge_4p",
    "tiny_hanabi",
    "trade_comm",
    "turn_based_simultaneous_game(game=goofspiel(num_cards=3))",
    "universal_poker",
)


@pytest.mark.parametrize("text", QUICK)
def test_a_game_of_openspiels_keeps_the_contract(text: str) -> None:
    check_game(openspiel(text), seeds=range(3))


def to_the_end(game: OpenSpiel, boards: int) -> Any:
    state = game.reset(torch.arange(boards))
    while not state.done.all():
        state = game.step(state, at_random(state))
    return state


def test_there_are_enough_of_them() -> None:
    assert len({text.partition("(")[0] for text in QUICK}) >= 25


@pytest.mark.parametrize("text", ["leduc_poker(players=3)", "goofspiel(num_cards=5)", "snake", "hanabi(players=3)"])
def test_a_history_is_openspiels_own_and_pays_what_it_pays(text: str) -> None:
    game = openspiel(text)
    state = to_the_end(game, 40)
    for board in range(40):
        theirs, done = pyspiel.load_game(text).new_initial_state(), entries(game.world(state, board).history)
        while done:
            acts = game.spec.seats if theirs.is_simultaneous_node() else 1
            theirs.apply_actions(done[:acts]) if acts > 1 else theirs.apply_action(done[0])
            done = done[acts:]
        assert theirs.is_terminal()
        assert state.returns[board].tolist() == pytest.approx(theirs.returns())


def test_connect_four_is_our_connect_four_move_by_move() -> None:
    ours, theirs = ConnectFour(), openspiel("connect_four")
    mine: Any = ours.reset(torch.arange(200))
    other: Any = theirs.reset(torch.arange(200))
    while not mine.done.all():
        for field in ("to_act", "legal", "rewards", "returns", "done", "step", "forfeits"):
            assert torch.equal(getattr(mine, field), getattr(other, field)), field
        seat = mine.to_act.long().argmax(1)
        planes = theirs.observe(other, seat).flip(2)  # the first seat's discs, the second's, what is empty; the floor first
        own_first = torch.stack([planes[torch.arange(200), seat], planes[torch.arange(200), 1 - seat]], 1)
        assert torch.equal(ours.observe(mine, seat), own_first)
        actions = at_random(mine)
        mine, other = ours.step(mine, actions), theirs.step(other, actions)
    assert torch.equal(mine.returns, other.returns)
    assert other.done.all()


def test_kuhn_poker_is_worth_to_each_seat_what_ours_is() -> None:
    ours, theirs = grow(KuhnPoker()), grow(openspiel("kuhn_poker"))
    values = [tree.chance @ tree.values(tree.uniform())[: len(tree.chance)] for tree in (ours, theirs)]
    assert values[1] == pytest.approx(values[0])
    assert values[1].tolist() == pytest.approx([0.125, -0.125])
    assert len(theirs.prints) == len(ours.prints) == 12  # information sets
    assert set(theirs.returns.flatten().tolist()) == {-2.0, -1.0, 0.0, 1.0, 2.0}


def test_the_same_seed_draws_the_same_and_every_card_comes_as_often_as_it_should() -> None:
    game = openspiel("kuhn_poker")
    deals = [tuple(entries(world.history)) for world in game.worlds(game.reset(torch.arange(3000)))]
    assert deals == [
        tuple(entries(world.history)) for world in openspiel("kuhn_poker").worlds(game.reset(torch.arange(3000)))
    ]
    counts = [deals.count((first, second)) for first in range(3) for second in range(3) if first != second]
    assert sum(counts) == 3000
    assert max(abs(count - 500) for count in counts) < 5 * np.sqrt(500)


def test_chance_may_be_uneven() -> None:
    game = openspiel("pig(players=2,diceoutcomes=4,winscore=8)")
    state = game.step(game.reset(torch.arange(2000)), torch.zeros(2000, 2, dtype=torch.int64))  # everybody rolls
    rolls = torch.tensor([entries(world.history)[-1] for world in game.worlds(state)]).bincount(minlength=4)
    assert (rolls - 500).abs().max() < 5 * 500**0.5


def test_what_was_forgotten_is_played_again() -> None:
    game = openspiel("leduc_poker")
    states = [game.reset(torch.arange(16))]
    while not states[-1].done.all():
        states.append(game.step(states[-1], at_random(states[-1])))
    kept = [game.observe(state, torch.zeros_like(state.seed)) for state in states]
    game._kept.clear()
    assert all(
        torch.equal(game.observe(state, torch.zeros_like(state.seed)), view)
        for state, view in zip(states, kept, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "flavour", "seats", "simultaneous"),
    [
        ("kuhn_poker(players=3)", "competitive", 3, False),
        ("matrix_pd", "mixed", 2, True),
        ("tiny_hanabi", "cooperative", 2, False),
        ("blotto(players=10)", "competitive", 10, True),
        ("spades", "mixed", 4, False),
    ],
)
def test_flavours_and_sizes_are_openspiels(text: str, flavour: str, seats: int, simultaneous: bool) -> None:
    spec = openspiel(text).spec
    assert (spec.flavour, spec.seats, spec.simultaneous) == (flavour, seats, simultaneous)


def test_seats_see_the_information_state_or_what_is_asked_for() -> None:
    assert openspiel("kuhn_poker").spec.observation == (11,)
    assert openspiel("kuhn_poker", observation="observation").spec.observation == (7,)
    assert openspiel("tic_tac_toe").spec.observation == (3, 3, 3)


def test_partners_are_one_team() -> None:
    assert openspiel("bridge", teams=(0, 1, 0, 1)).spec.team_of == (0, 1, 0, 1)
    with pytest.raises(BadSpec, match="each of 4 seats"):
        openspiel("bridge", teams=(0, 1))
    with pytest.raises(BadSpec, match="teams must be a list of each seat's team, got 3"):
        openspiel("bridge", teams=3)  # type: ignore[arg-type]


def test_a_game_can_be_cut_short() -> None:
    game = openspiel("tic_tac_toe", max_steps=3)
    state = game.reset(torch.arange(2))
    for _ in range(3):
        state = game.step(state, at_random(state))
    assert state.done.all()
    check_game(game, seeds=range(2))


def test_moves_are_said_as_openspiel_says_them() -> None:
    game = openspiel("tic_tac_toe")
    state = game.reset(torch.arange(1))
    assert game.say(state, 0, 0, 4) == "x(1,1)"
    assert game.say(state, 0, 1, 4) == "4"  # it is not that seat's turn
    assert game.notation(4) == "4"


@pytest.mark.parametrize(
    ("spec", "error", "cause"),
    [
        ('openspiel("conect_four")', UnknownName, "no game called 'conect_four'; did you mean 'connect_four'"),
        ('openspiel("kuhn_poker(players=11)")', BadSpec, "OpenSpiel does not make"),
        ('openspiel("kuhn_poker(colour=red)")', BadSpec, "Unknown parameter 'colour'"),
        ('openspiel("kuhn_poker(")', BadSpec, "does not make"),
        ("openspiel(7)", BadSpec, "named in quotes"),
        ("openspiel", BadSpec, "missing"),
        ('openspiel("2048")', BadSpec, "2 to 10 seats, OpenSpiel's '2048' has 1"),
        ('openspiel("mfg_garnet")', BadSpec, "2 to 10 seats"),
        ('openspiel("negotiation")', BadSpec, "draws its chance by itself"),
        ('openspiel("cribbage")', BadSpec, "neither an information-state nor an observation tensor"),
        ('openspiel("tic_tac_toe", observation="information_state")', BadSpec, "must be one of 'observation'"),
        ('openspiel("tic_tac_toe", max_steps=10)', BadSpec, "from 1 to 9"),
    ],
)
def test_what_a_league_cannot_play_is_refused_with_a_cause_and_a_cure(
    spec: str, error: type[ArenaError], cause: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(error, match=cause.replace("(", r"\(")) as raised:
        GAMES.make(spec)
    assert raised.value.hint or error is BadSpec
    assert len(capfd.readouterr().err) < 500  # OpenSpiel's own list of games is not printed


def test_without_openspiel_the_cure_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspiel", None)
    with pytest.raises(MissingExtra) as raised:
        GAMES.make('openspiel("kuhn_poker")')
    assert raised.value.hint == "pip install 'arena-league[openspiel]'"


def test_a_game_that_pays_more_than_it_declares_is_caught() -> None:
    game = openspiel("tic_tac_toe")
    object.__setattr__(game.spec, "return_range", (-0.5, 0.5))
    with pytest.raises(OutsideFault, match="beyond the declared") as raised:
        to_the_end(game, 8)
    assert raised.value.exit_code == 7  # a check failed


def test_a_match_that_is_looked_at_step_by_step_is_played_up_to_its_moment_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    game = openspiel("connect_four")
    states = [game.reset(torch.arange(3))]
    while not states[-1].done.all():
        states.append(game.step(states[-1], at_random(states[-1])))
    game._kept.clear()
    begun: list[bool] = []
    replay = OpenSpiel.replay

    def counted(self: OpenSpiel, seed: int, history: bytes, since: Any = None) -> Any:
        begun.append(since is None)
        return replay(self, seed, history, since)

    monkeypatch.setattr(OpenSpiel, "replay", counted)
    for state in states[1:]:
        for board, world in enumerate(game.worlds(state)):
            told = [int(action) for action in world.state.history()]
            assert told == state.history[board, : state.made[board]].tolist()
    assert sum(begun) == 3
