"""Poker temperaments at the table, and the equilibrium against every pure strategy there is."""

from __future__ import annotations

from itertools import permutations, product

import pytest
import torch

from agents.core import Observation
from agents.registry import make_agent
from agents.scripted.poker import equilibrium
from games.errors import BadSpec
from games.registry import GAMES

KUHN, LEDUC = GAMES.make("kuhn_poker"), GAMES.make("leduc_poker")
DEEP = 4096  # boards: enough for every deal and line to come up


def watch(spec: str, game, *, moves: str):
    """What an agent does on many deals after `moves` ('pb', or 'crf'): (held rank, table rank) -> the actions it took."""
    state = game.reset(torch.arange(DEEP))
    letters = "pb" if game is KUHN else "fcr"
    for move in moves:
        state = game.step(state, state.to_act * letters.index(move))
    seat = state.to_act.long().argmax(1)
    agent, place = make_agent(spec, game.spec), torch.arange(DEEP)
    seen = Observation(
        features=game.observe(state, seat),
        legal=state.legal[place, seat],
        seat=seat,
        step=state.step,
        seed=place,
        row=place,
        member=torch.zeros_like(place),
    )
    held = state.cards.gather(1, seat[:, None]).squeeze(1) // game.suits
    table = state.cards[:, 2] // game.suits if game is LEDUC else torch.full_like(held, -1)
    acts = agent.act(seen)
    return {
        (game.ranks[rank], game.ranks[shown] if shown >= 0 else ""): sorted(
            {letters[action] for action in acts[(held == rank) & (table == shown)].tolist()}
        )
        for rank, shown in set(zip(held.tolist(), table.tolist(), strict=True))
    }


@pytest.mark.parametrize(
    ("spec", "game", "moves", "expect"),
    [
        ("caller", KUHN, "", "p"),
        ("caller", KUHN, "p", "p"),
        ("caller", KUHN, "b", "b"),
        ("caller", KUHN, "pb", "b"),
        ("caller", LEDUC, "", "c"),
        ("caller", LEDUC, "rrcr", "c"),
        ("raiser", KUHN, "", "b"),
        ("raiser", KUHN, "pb", "b"),
        ("raiser", LEDUC, "cr", "r"),
        ("raiser", LEDUC, "rr", "c"),
        ("folder", KUHN, "p", "p"),
        ("folder", KUHN, "b", "p"),
        ("folder", LEDUC, "c", "c"),
        ("folder", LEDUC, "ccr", "f"),
    ],
)
def test_a_temperament_does_not_look_at_its_cards(spec, game, moves, expect):
    assert set(map(tuple, watch(spec, game, moves=moves).values())) == {(expect,)}


def test_the_tight_one_presses_with_a_king_and_leaves_the_rest():
    assert watch("tight", KUHN, moves="b") == {("J", ""): ["p"], ("Q", ""): ["p"], ("K", ""): ["b"]}
    assert watch("tight", KUHN, moves="") == {("J", ""): ["p"], ("Q", ""): ["p"], ("K", ""): ["b"]}


def test_the_tight_one_knows_a_pair_once_the_table_shows_it():
    before, after = watch("tight", LEDUC, moves="r"), watch("tight", LEDUC, moves="ccr")
    assert all(acts == (["r"] if held == "K" else ["f"]) for (held, _), acts in before.items())
    assert all(acts == (["r"] if held == "K" or held == table else ["f"]) for (held, table), acts in after.items())


def value(first, second) -> float:
    """What seat 0 wins on average, when both bet with these probabilities: [spot][rank]."""
    total = 0.0
    for mine, theirs in permutations(range(3), 2):
        win = 1 if mine > theirs else -1
        opens, calls = first[0][mine], first[1][mine]
        bluffs, answers = second[0][theirs], second[1][theirs]
        after_bet = answers * 2 * win + (1 - answers)
        after_pass = bluffs * (calls * 2 * win - (1 - calls)) + (1 - bluffs) * win
        total += opens * after_bet + (1 - opens) * after_pass
    return total / 6


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.2, 1 / 3])
def test_no_strategy_beats_the_equilibrium(alpha: float):
    spots = equilibrium(alpha)
    pure = [(spot[:3], spot[3:]) for spot in product((0, 1), repeat=6)]
    assert min(value(spots[:2], reply) for reply in pure) == pytest.approx(-1 / 18)
    assert max(value(reply, spots[2:]) for reply in pure) == pytest.approx(-1 / 18)


@pytest.mark.parametrize(("moves", "spot"), [("", 0), ("pb", 1), ("p", 2), ("b", 3)])
def test_the_equilibrium_never_does_what_it_should_not_and_mixes_where_it_should(moves: str, spot: int):
    acts = watch("kuhn_equilibrium(alpha=0.2)", KUHN, moves=moves)
    for rank, bet in zip("JQK", equilibrium(0.2)[spot], strict=True):
        assert acts[rank, ""] == (["p"] if bet == 0 else ["b"] if bet == 1 else ["b", "p"])


def test_the_equilibrium_earns_what_kuhn_said():
    state = KUHN.reset(torch.arange(40_000))
    agent = make_agent("kuhn_equilibrium(alpha=0.2)", KUHN.spec)
    while not state.done.all():
        boards, seat = state.to_act.nonzero(as_tuple=True)
        here = state.take(boards)
        rows = 2 * boards + seat
        features, legal = KUHN.observe(here, seat), here.legal[torch.arange(len(seat)), seat]
        seen = Observation(features, legal, seat, here.step, 77_000_000 + rows, rows, torch.zeros_like(rows))
        actions = torch.zeros(len(state), 2, dtype=torch.int64)
        actions[boards, seat] = agent.act(seen)
        state = KUHN.step(state, actions)
    assert float(state.returns[:, 0].mean()) == pytest.approx(-1 / 18, abs=0.035)  # 5 standard errors of 1.4 / 200


@pytest.mark.parametrize("alpha", [-0.1, 0.34])
def test_too_much_bluffing_is_no_equilibrium(alpha: float):
    with pytest.raises(BadSpec, match="alpha must be a number from 0 up to 0"):
        make_agent(f"kuhn_equilibrium(alpha={alpha})", KUHN.spec)


@pytest.mark.parametrize(("spec", "game"), [("caller", "connect_four"), ("kuhn_equilibrium", "leduc_poker")])
def test_other_games_are_refused(spec: str, game: str):
    with pytest.raises(BadSpec, match=f"{spec} needs 'kuhn_poker'.*got {game!r}"):
        make_agent(spec, GAMES.make(game).spec)
