"""OpenSpiel's games (Lanctot et al. 2019, arXiv:1908.09453) as games of the arena: `openspiel("kuhn_poker(players=3)")`.

Observation  its information-state tensor where it has one, else its observation tensor, in its own shape.
Actions      OpenSpiel's own numbers.         Returns  OpenSpiel's own.

Chance is drawn here, from each board's seed, with OpenSpiel's own probabilities; so a replay is exact. General sum is the
mixed flavour, identical utilities the cooperative one. Needs the extra `openspiel`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from games.arguments import one_of, whole
from games.chance import derive
from games.core import Flavour, GameSpec, State
from games.errors import BadSpec, MissingExtra, UnknownName, meant
from games.outside import MOST_SEATS, OutsideGame, World, entries, written

_DRAW = 0xD1CE  # parts a board's draws from all else that its seed gives
_TERMINAL, _SIMULTANEOUS = -4, -2  # OpenSpiel's players that are none
_MOST_OPENINGS = 10_000
_VIEWS = ("information_state", "observation")


def openspiel(
    game: str, observation: str | None = None, max_steps: int | None = None, teams: Sequence[int] = ()
) -> OpenSpiel:
    """The game that OpenSpiel makes of `game`, which may have parameters as in "leduc_poker(players=3)".

    `observation` is "information_state" or "observation"; `teams` names the team of each seat where some win together.
    Raises `MissingExtra`, `UnknownName`, or `BadSpec` for a game that a league cannot play.
    """
    return OpenSpiel(load(game), observation=observation, max_steps=max_steps, teams=teams)


def pyspiel() -> Any:
    """OpenSpiel itself. Raises `MissingExtra`."""
    try:
        import pyspiel
    except ImportError as error:
        raise MissingExtra("OpenSpiel is not installed", hint="pip install 'arena-league[openspiel]'") from error
    return pyspiel


def load(text: str) -> Any:
    """One of OpenSpiel's games. Raises `MissingExtra`, `UnknownName`, `BadSpec`."""
    spiel = pyspiel()
    if not isinstance(text, str):
        raise BadSpec(f"an OpenSpiel game is named in quotes, got {text!r}", hint='write openspiel("kuhn_poker")')
    name = text.partition("(")[0].strip()
    if name.startswith("python_"):
        import open_spiel.python.games  # noqa: F401  (its import registers them)
    known = spiel.registered_names()
    if name not in known:  # said here, since OpenSpiel prints them all
        raise UnknownName(
            f"OpenSpiel has no game called {name!r}{meant(name, known)}",
            hint="python -c 'import pyspiel; print(pyspiel.registered_names())' lists its games",
        )
    try:
        return spiel.load_game(text)
    except spiel.SpielError as error:
        raise BadSpec(
            f"OpenSpiel does not make {text!r}: {' '.join(str(error).split())}",
            hint=f"parameters are written as in {name}(players=3); OpenSpiel tells which there are",
        ) from None


class OpenSpiel(OutsideGame):
    """A loaded game. Raises `BadSpec` where a league cannot play it."""

    def __init__(
        self,
        rules: Any,
        *,
        observation: str | None = None,
        max_steps: int | None = None,
        teams: Sequence[int] = (),
    ) -> None:
        kind, self.rules = rules.get_type(), rules
        _demand_playable(kind, rules)
        self.sees = _view(kind, observation)
        self.pays_early = _said(kind.reward_model) == "REWARDS"
        longest = rules.max_game_length()
        steps = longest if max_steps is None else whole("max_steps", max_steps, low=1, high=longest)
        simultaneous = _said(kind.dynamics) == "SIMULTANEOUS"
        shape = getattr(rules, f"{self.sees}_tensor_shape")()
        spec = GameSpec(
            name=f"openspiel.{kind.short_name}",
            version=1,
            flavour=_flavour(kind),
            seats=rules.num_players(),
            actions=rules.num_distinct_actions(),
            observation=tuple(shape) or (1,),
            max_steps=steps,
            return_range=(float(rules.min_utility()), float(rules.max_utility())),
            teams=_teams(teams),
            simultaneous=simultaneous,
        )
        if spec.teams and len(spec.teams) != spec.seats:
            raise BadSpec(f"teams must name the team of each of {spec.seats} seats, got {teams!r}")
        self.unpaid = (0.0,) * spec.seats
        acts = spec.seats if simultaneous else 1
        super().__init__(spec, longest=acts * steps + _most_draws(kind, rules, steps))

    def begin(self, seed: int) -> World:
        return _Spiel(self, *_settled(self.rules.new_initial_state(), b"", seed))

    def replay(self, seed: int, history: bytes, since: World | None = None) -> World:
        state = since.state.clone() if isinstance(since, _Spiel) else self.rules.new_initial_state()
        rest = iter(entries(history[len(since.history) :] if since else history))
        for entry in rest:
            if self.spec.simultaneous and state.is_simultaneous_node():
                state.apply_actions([entry, *islice(rest, self.spec.seats - 1)])
            else:
                state.apply_action(entry)
        return _Spiel(self, state, history)

    def openings(self) -> tuple[State, Tensor]:
        found = list(islice(_openings(self.rules.new_initial_state(), (), 1.0), _MOST_OPENINGS + 1))
        if len(found) > _MOST_OPENINGS:
            return super().openings()
        worlds = [_Spiel(self, state, written(drawn)) for state, drawn, _ in found]
        seeds = torch.arange(len(worlds))
        return self.first(seeds, worlds), torch.tensor([chance for *_, chance in found], dtype=torch.float64)


class _Spiel(World):
    """A state of OpenSpiel's where somebody must act, or that is over."""

    def __init__(self, game: OpenSpiel, state: Any, history: bytes) -> None:
        self.game, self.state, self.history = game, state, history
        player = state.current_player()
        self.over = player == _TERMINAL
        self.returns: Sequence[float] = state.returns() if self.over or game.pays_early else game.unpaid
        if player >= 0:
            self.movers = (player,)
        elif player == _SIMULTANEOUS:
            self.movers = [seat for seat in range(game.spec.seats) if state.legal_actions(seat)]

    def legal(self, seat: int) -> Sequence[int]:
        return self.state.legal_actions(seat)  # type: ignore[no-any-return]

    def view(self, seat: int) -> NDArray[Any]:
        return np.array(getattr(self.state, f"{self.game.sees}_tensor")(seat), np.float32)

    def after(self, actions: Sequence[int], seed: int) -> World:
        state = self.state.clone()
        done = actions
        if self.game.spec.simultaneous and state.is_simultaneous_node():
            state.apply_actions(done)
        else:
            done = (actions[self.movers[0]],)
            state.apply_action(done[0])
        return _Spiel(self.game, *_settled(state, self.history + written(done), seed))

    def text(self) -> str:
        return str(self.state)

    def say(self, seat: int, action: int) -> str:
        return str(self.state.action_to_string(seat, action))


def _settled(state: Any, history: bytes, seed: int) -> tuple[Any, bytes]:
    """The state once chance has had its turns, which it takes from the seed and the length of the history."""
    while state.is_chance_node():
        drawn = _draw(state.chance_outcomes(), derive(seed, _DRAW, len(history)) / 2.0**63)
        state.apply_action(drawn)
        history += written([drawn])
    return state, history


def _draw(outcomes: Sequence[tuple[int, float]], lot: float) -> int:
    """The outcome that a lot in [0, 1) falls on."""
    rest = lot
    for outcome, chance in outcomes:
        rest -= chance
        if rest < 0:
            return outcome
    return max(outcomes, key=lambda one: one[1])[0]  # their sum is 1 but for rounding


def _openings(state: Any, drawn: tuple[int, ...], chance: float) -> Iterator[tuple[Any, tuple[int, ...], float]]:
    """Every state in which somebody acts for the first time, with what was drawn to get there and its chance."""
    if not state.is_chance_node():
        yield state, drawn, chance
        return
    for outcome, share in state.chance_outcomes():
        if share > 0:
            yield from _openings(state.child(outcome), (*drawn, outcome), chance * share)


def _teams(teams: Sequence[int]) -> tuple[int, ...]:
    if not isinstance(teams, (tuple, list)):
        raise BadSpec(f"teams must be a list of each seat's team, got {teams!r}", hint="write teams=[0, 1, 0, 1]")
    return tuple(whole("teams", team, low=0, high=MOST_SEATS) for team in teams)


def _most_draws(kind: Any, rules: Any, steps: int) -> int:
    """How often chance may have its turn. What some games declare is too little; three draws a step have been enough."""
    if _said(kind.chance_mode) == "DETERMINISTIC":
        return 0
    return max(int(rules.max_chance_nodes_in_history()), 3 * steps) + 16


def _demand_playable(kind: Any, rules: Any) -> None:
    name, seats = kind.short_name, rules.num_players()
    if not 2 <= seats <= MOST_SEATS:
        raise BadSpec(
            f"a league plays games of 2 to {MOST_SEATS} seats, OpenSpiel's {name!r} has {seats}",
            hint=f"some games take a number: {name}(players=2)",
        )
    if _said(kind.dynamics) not in ("SEQUENTIAL", "SIMULTANEOUS"):
        raise BadSpec(f"OpenSpiel's {name!r} is a {_said(kind.dynamics)} game", hint="take one of turns, or simultaneous")
    if _said(kind.chance_mode) == "SAMPLED_STOCHASTIC":
        raise BadSpec(
            f"OpenSpiel's {name!r} draws its chance by itself and tells no probabilities, so no replay would be exact",
            hint="take a game whose chance is explicit",
        )


def _view(kind: Any, wanted: str | None) -> str:
    """Which tensor seats see: unless it is said, the information state, as OpenSpiel's own learners choose it."""
    there = [view for view in _VIEWS if getattr(kind, f"provides_{view}_tensor")]
    if not there:
        raise BadSpec(
            f"OpenSpiel's {kind.short_name!r} has neither an information-state nor an observation tensor to be seen",
            hint="take a game that has one of them",
        )
    return one_of("observation", wanted, there) if wanted is not None else there[0]


def _flavour(kind: Any) -> Flavour:
    flavours: dict[str, Flavour] = {"ZERO_SUM": "competitive", "IDENTICAL": "cooperative"}
    return flavours.get(_said(kind.utility), "mixed")


def _said(value: Any) -> str:
    """An enumeration's value by its name, whatever it is of."""
    return str(value).rpartition(".")[2]
