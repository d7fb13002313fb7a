"""Speaker and listener: one sees the target, the other must pick it, and the game carries no word between them.

Observation  (targets + 1,) float32, one-hot: the target, for seat 0, the speaker; the last place, for seat 1, the listener.
Actions      0..targets-1, what the listener picks. The speaker can only take part, by action 0.
Returns      to the team: 1 if the listener picks the target, else 0.

Nothing of what the speaker sees or does reaches the listener, so a team that does not talk wins 1 / targets of its matches,
whatever it learns. It talks by the messages of learners that have them, or by those of `channel("speaker_listener")`.
After the smallest of the cooperative communication tasks of Lowe et al. (2017, MADDPG, section 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from games.arguments import whole
from games.chance import bits
from games.core import Game, GameSpec, State, constant
from games.svg import CARD, GRID, SEATS, box, picture, words

SPEAKER, LISTENER = 0, 1


@dataclass(frozen=True, kw_only=True)
class SpeakerListenerState(State):
    target: Tensor  # (B,) int64
    picked: Tensor  # (B,) int64, -1 before it


class SpeakerListener(Game):
    """One step, both seats at once. Raises `BadSpec` unless there are at least two targets."""

    def __init__(self, targets: int = 5) -> None:
        self.targets = whole("targets", targets, low=2, high=1000)
        self._legal = (tuple(action == 0 for action in range(targets)), (True,) * targets)  # (P, A)
        self.spec = GameSpec(
            name="speaker_listener",
            version=1,
            flavour="cooperative",
            seats=2,
            actions=targets,
            observation=(targets + 1,),
            max_steps=1,
            return_range=(0.0, 1.0),
            simultaneous=True,
        )

    def initial(self, seeds: Tensor) -> SpeakerListenerState:
        opening = self.opening(seeds)
        opening["legal"] = constant(self._legal, seeds.device, dtype=torch.bool).expand(len(seeds), -1, -1)
        return SpeakerListenerState(target=bits(seeds, 0) % self.targets, picked=torch.full_like(seeds, -1), **opening)

    def transition(self, state: SpeakerListenerState, actions: Tensor) -> SpeakerListenerState:
        picked = actions[:, LISTENER]  # (B,)
        right = (picked == state.target).float()
        return replace(state, picked=picked, rewards=right[:, None].expand(-1, 2), done=torch.ones_like(state.done))

    def observe(self, state: SpeakerListenerState, seat: Tensor) -> Tensor:
        told = state.target.where(seat == SPEAKER, self.targets)  # (B,)
        return state.rewards.new_zeros(len(state), self.targets + 1).scatter_(1, told[:, None], 1.0)

    def render(self, state: SpeakerListenerState, board: int = 0) -> str:
        picked = int(state.picked[board])
        return f"the speaker sees {int(state.target[board])}, the listener " + (
            f"picks {picked}" if picked >= 0 else "sees nothing"
        )

    def render_svg(self, state: SpeakerListenerState, board: int = 0) -> str:
        picked = int(state.picked[board])
        sides = [
            words(70 + 120 * seat, 24, who)
            + box(30 + 120 * seat, 40, 80, 70, fill=CARD, edge=GRID, round_=8)
            + words(70 + 120 * seat, 75, what, size=32, colour=SEATS[seat])
            for seat, (who, what) in enumerate(
                (("speaker", str(int(state.target[board]))), ("listener", str(picked) if picked >= 0 else "?"))
            )
        ]
        return picture(260, 130, *sides, title="speaker and listener")
