"""Cheap talk: any game, in which the seats that are about to act first say something that binds nobody.

    channel("speaker_listener", symbols=5, rounds=1)

Observation  flat float32: what the game shows; the last symbol of each seat, mine first, one-hot (all 0 before a seat has
             spoken); then which round of talk it is, one-hot, the last place for the game's own step.
Actions      the game's own in its steps, and 0..symbols-1, what to say, in `rounds` steps of talk before each of them.
Returns      the game's own; to talk costs nothing.

Whoever speaks in a round is heard by all seats from the next step on (Crawford and Sobel 1982; Foerster et al. 2016, RIAL).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, make_dataclass, replace
from functools import cache
from typing import Any
from xml.etree import ElementTree

import torch
from torch import Tensor
from torch.nn.functional import pad

from games.arguments import whole
from games.core import FORFEIT, Game, State, Wrapper
from games.errors import BadSpec
from games.registry import GAMES
from games.svg import picture, text_picture, words

SILENT = -1


@dataclass(frozen=True, kw_only=True)
class Talk(State):
    """What a channel adds to the state of its game."""

    said: Tensor  # (B, P) int64: the last symbol of each seat, SILENT before it
    moves: Tensor  # (B, P, A of the game) bool: what is legal once all is said


@cache
def _with_talk(kind: Any) -> type[Any]:
    """The state of a channel around a game whose states are of this kind."""
    return make_dataclass(f"{kind.__name__}WithTalk", [], bases=(Talk, kind), frozen=True, kw_only=True)


def channel(game: str = "speaker_listener", symbols: int = 5, rounds: int = 1) -> Channel:
    """The game that a spec says, with `rounds` rounds of talk in `symbols` symbols before each of its steps."""
    return Channel(GAMES.make(game), symbols, rounds)


class Channel(Wrapper):
    """`rounds` steps of talk before each step of a game, by the seats that act in it.

    A seat that says no symbol gives the board up. Raises `BadSpec` around another channel.
    """

    def __init__(self, game: Game, symbols: int, rounds: int) -> None:
        super().__init__(game)
        if isinstance(game, Channel):
            raise BadSpec("a channel needs a game without one", hint="give the one channel more symbols or more rounds")
        self.symbols, self.rounds = whole("symbols", symbols, low=2, high=1000), whole("rounds", rounds, low=1, high=100)
        inner = game.spec
        self.spec = replace(
            inner,
            name="channel",
            actions=max(inner.actions, symbols),
            observation=(torch.Size(inner.observation).numel() + inner.seats * symbols + rounds + 1,),
            max_steps=inner.max_steps * (rounds + 1),
        )

    def reset(self, seeds: Tensor) -> State:
        inner = self.game.reset(seeds)
        return self._talked(inner, torch.zeros_like(seeds), torch.full_like(inner.to_act, SILENT, dtype=torch.int64))

    def step(self, state: Any, actions: Tensor) -> State:
        talking = self._round(state) < self.rounds  # (B,)
        dumb = state.to_act & ((actions < 0) | (actions >= self.symbols))  # (B, P): these say no symbol
        quiet = talking & ~dumb.any(1)  # (B,): all that happens here is talk
        said = actions.where(state.to_act & quiet[:, None], state.said)
        inner, step = self._inner(state), state.step + (~state.done).long()
        if quiet.all():
            return self._talked(replace(inner, rewards=torch.zeros_like(inner.rewards)), step, said)
        # Who is dumb gives the board up by the game's own rules; all others do there something that cannot be a fault.
        excuse = inner.legal.long().argmax(2).masked_fill(dumb, FORFEIT)  # (B, P)
        after = self.game.step(inner, torch.where(talking[:, None], excuse, actions))
        rewards = after.rewards.masked_fill(quiet[:, None], 0.0)
        return self._talked(replace(inner.where(quiet, after), rewards=rewards), step, said)

    def observe(self, state: Any, seat: Tensor) -> Tensor:
        own_first = (seat[:, None] + torch.arange(self.spec.seats, device=seat.device)) % self.spec.seats  # (B, P)
        seen = self.game.observe(self._inner(state), seat).flatten(1)
        return torch.cat([seen, self._heard(state.said.gather(1, own_first)), self._clock(state)], dim=1)

    def global_state(self, state: Any) -> Tensor:
        return torch.cat([self.game.global_state(self._inner(state)), self._heard(state.said), self._clock(state)], dim=1)

    def forfeit_returns(self, state: Any, offenders: Tensor) -> Tensor:
        return self.game.forfeit_returns(self._inner(state), offenders)

    def render(self, state: Any, board: int = 0) -> str:
        return f"{self.game.render(self._inner(state), board)}\n{_quoted(state, board)}"

    def render_svg(self, state: Any, board: int = 0) -> str:
        inner = self.game.render_svg(self._inner(state), board)
        frame = ElementTree.fromstring(inner)
        try:
            width, height = float(frame.get("width", "")), float(frame.get("height", ""))
        except ValueError:  # an author's own picture that does not say how large it is
            return text_picture(self.render(state, board), title=self.spec.name)
        width = max(width, 300.0)
        return picture(
            width, height + 30, inner, words(width / 2, height + 14, _quoted(state, board)), title=self.spec.name
        )

    def notation(self, action: int) -> str:
        """An action may be a move and a symbol; which, the step decides."""
        move = [self.game.notation(action)] if action < self.game.spec.actions else []
        return " or ".join([*move, f'"{action}"'] if action < self.symbols else move)

    def say(self, state: Any, board: int, seat: int, action: int) -> str:
        if int(self._round(state)[board]) < self.rounds:
            return f'"{action}"'
        return self.game.say(self._inner(state), board, seat, action)

    def pgn(self, state: Any, moves: Sequence[str]) -> tuple[Mapping[str, str], Sequence[str]]:
        return {}, moves  # talk stands among them

    def _round(self, state: State) -> Tensor:
        """(B,) int64: the rounds of talk since the game's last step."""
        return state.step % (self.rounds + 1)

    def _inner(self, state: Any) -> State:
        """The state of the game itself."""
        kind = type(state).__bases__[1]
        own = {field.name: getattr(state, field.name) for field in fields(kind)}
        inner: State = kind(**{**own, "legal": state.moves, "step": state.step // (self.rounds + 1)})
        return inner

    def _talked(self, inner: State, step: Tensor, said: Tensor) -> State:
        """A state of the game, after `step` steps, with what was said."""
        own = {field.name: getattr(inner, field.name) for field in fields(inner)}
        talking = (step % (self.rounds + 1) < self.rounds)[:, None, None]
        symbols = inner.to_act[:, :, None].expand(-1, -1, self.symbols)
        legal = torch.where(talking, self._padded(symbols), self._padded(inner.legal))
        kind: Any = type(inner)
        talked: State = _with_talk(kind)(**{**own, "step": step, "legal": legal}, said=said, moves=inner.legal)
        return talked

    def _padded(self, legal: Tensor) -> Tensor:
        return pad(legal, (0, self.spec.actions - legal.shape[2]))

    def _heard(self, said: Tensor) -> Tensor:
        """(B, P * symbols) float32: symbols (B, P), one-hot."""
        return (said[:, :, None] == torch.arange(self.symbols, device=said.device)).flatten(1).float()

    def _clock(self, state: State) -> Tensor:
        """(B, rounds + 1) float32: which round it is, one-hot."""
        return (self._round(state)[:, None] == torch.arange(self.rounds + 1, device=state.step.device)).float()


def _quoted(state: Any, board: int) -> str:
    said = state.said[board].tolist()
    return "said: " + ", ".join("nothing" if symbol == SILENT else f'"{symbol}"' for symbol in said)
