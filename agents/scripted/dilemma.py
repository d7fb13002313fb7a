"""The classics of the iterated prisoner's dilemma, from Axelrod's tournaments and after.

They play the other iterated dilemmas, the stag hunt and chicken, by the same rules. They see only what their seat sees: the
last joint action one-hot as (mine, theirs) in CC, CD, DC, DD, then a flag for the first step. Action 0 cooperates, 1
defects. Most of them are *memory-one* (Nowak and Sigmund 1993, Nature 364): five probabilities to cooperate, one for each
thing that can be seen, so a whole strategy is one line of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from agents.core import Agent, Observation, Stacker, only_reads
from agents.scripted.needs import need
from games import chance
from games.arguments import number
from games.core import constant, is_far
from games.spec import GameSpec

DEFECT = 1
_UNSURE = 2  # no action: the lot decides
_NEEDS = "'prisoners_dilemma', 'stag_hunt' or 'chicken': 2 simultaneous seats, 2 actions, views (5,)"
_PLACES = (0, 1, 2, 3, 4)  # of what is seen: CC, CD, DC, DD, and nothing yet

# With the usual payoffs (T, R, P, S) = (5, 3, 1, 0) this is min(1 - (T-R)/(R-S), (R-P)/(T-P)): the most forgiveness that
# no defector can exploit (Molander 1985, J. Conflict Resolution 29; Nowak and Sigmund 1992, Nature 355).
GENEROSITY = 1 / 3


class MemoryOne(Agent):
    """Cooperates with a probability for each last step, CC, CD, DC, DD (mine, theirs), and one for the opening."""

    def __init__(self, game: GameSpec, cc: float, cd: float, dc: float, dd: float, opening: float = 1.0) -> None:
        super().__init__(dilemma(game))
        chances = {"cc": cc, "cd": cd, "dc": dc, "dd": dd, "opening": opening}
        self.cooperation = tuple(number(name, p, low=0, high=1) for name, p in chances.items())

    def act(self, observation: Observation) -> Tensor:
        return StackedMemoryOne([self]).act(observation)

    def stacker(self) -> Stacker | None:
        return StackedMemoryOne if type(self).act is MemoryOne.act else None


class StackedMemoryOne(Agent):
    """K strategies, K lines of a table."""

    def __init__(self, agents: Sequence[MemoryOne]) -> None:
        super().__init__(agents[0].game)
        self.cooperation = sum((agent.cooperation for agent in agents), ())  # (K * 5,)
        self.certain = tuple(_UNSURE if 0 < p < 1 else DEFECT * (p <= 0) for p in self.cooperation)  # (K * 5,): actions

    @only_reads
    def act(self, observation: Observation) -> Tensor:
        features = observation.features
        view = (features @ constant(_PLACES, features.device, dtype=torch.float32)).long()  # (R,): which of the five it is
        view.clamp_(0, len(_PLACES) - 1)  # whatever a game shows, nobody plays by another's line
        view.add_(observation.member, alpha=len(_PLACES))
        chances = constant(self.cooperation, features.device, dtype=torch.float32)
        if is_far(features.device):  # to find out who is sure would take longer than to draw for all
            return (chance.uniform(observation.seed, observation.step) >= chances.index_select(0, view)).long() * DEFECT
        action = constant(self.certain, features.device).index_select(0, view)  # (R,)
        unsure = (action == _UNSURE).nonzero().squeeze(1)
        view, seed, step = (each.index_select(0, unsure) for each in (view, observation.seed, observation.step))
        defect = chance.uniform(seed, step) >= chances.index_select(0, view)
        return action.index_copy_(0, unsure, defect.long() * DEFECT)


class Cooperator(MemoryOne):
    """Cooperates, come what may."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 1, 1, 1, 1)


class Defector(MemoryOne):
    """Defects, come what may: the only equilibrium of a known last step."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 0, 0, 0, 0, opening=0)


class Coin(MemoryOne):
    """Cooperates with probability `cooperate`, whatever happened."""

    def __init__(self, game: GameSpec, cooperate: float = 0.5) -> None:
        p = number("cooperate", cooperate, low=0, high=1)
        super().__init__(game, p, p, p, p, opening=p)


class Alternator(MemoryOne):
    """Cooperates, defects, cooperates, ..."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 0, 0, 1, 1)


class TitForTat(MemoryOne):
    """Cooperates first, then does what the other just did (Rapoport; winner of Axelrod's tournaments of 1980)."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 1, 0, 1, 0)


class SuspiciousTitForTat(MemoryOne):
    """Tit for tat that opens with a defection."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 1, 0, 1, 0, opening=0)


class GenerousTitForTat(MemoryOne):
    """Tit for tat that forgives a defection with probability `generosity`, so that mishaps do not echo for ever."""

    def __init__(self, game: GameSpec, generosity: float = GENEROSITY) -> None:
        number("generosity", generosity, low=0, high=1)
        super().__init__(game, 1, generosity, 1, generosity)


class WinStayLoseShift(MemoryOne):
    """Repeats what paid well (CC, DC) and changes what did not (CD, DD); also called Pavlov (Nowak and Sigmund 1993)."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 1, 0, 0, 1)


class Remembering(Agent):
    """A strategy with memory for each row, one bit unless a subclass wants more; it says how a move changes it.

    What a row remembers after this step lies beside what it remembered before, by the parity of the step: every seat acts
    at every step, and a row that is asked again finds its memory as it was.
    """

    def __init__(self, game: GameSpec) -> None:
        super().__init__(dilemma(game))
        self.memory = torch.zeros(0, 2, dtype=torch.bool)  # (rows seen so far, parity, ...)

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        missing = int(rows.max()) + 1 - len(self.memory) if len(rows) else 0
        self.memory = torch.cat([self.memory, self.memory.new_zeros(max(missing, 0), *self.memory.shape[1:])])
        self.memory[rows] = False

    def to(self, device: torch.device | str) -> Self:
        self.memory = self.memory.to(device)
        return self

    def recall(self, observation: Observation) -> Tensor:
        """What the rows remembered before this step: (R, ...)."""
        return self.memory[observation.row, ~observation.step & 1]

    def remember(self, observation: Observation, kept: Tensor) -> None:
        """Keeps what is to be known of each row, (R, ...), for its next step."""
        self.memory[observation.row, observation.step & 1] = kept


class Grudger(Remembering):
    """Cooperates until the other defects once, then never again (Friedman 1971); also called grim trigger."""

    @only_reads
    def act(self, observation: Observation) -> Tensor:
        wronged = self.recall(observation) | they_defected(observation)
        self.remember(observation, wronged)
        return wronged.long() * DEFECT


class TitForTwoTats(Remembering):
    """Defects only after two defections in a row (Axelrod 1984): nicer than tit for tat, and easier to exploit."""

    @only_reads
    def act(self, observation: Observation) -> Tensor:
        now, before = they_defected(observation), self.recall(observation)
        self.remember(observation, now)
        return (now & before).long() * DEFECT


def they_defected(observation: Observation) -> Tensor:
    """Whether the other defected in the last round: (R,) bool."""
    return (observation.features[:, 1] + observation.features[:, 3]) > 0  # CD or DD


def dilemma(game: GameSpec) -> GameSpec:
    """The game, if its strategies can play it. Raises `BadSpec` otherwise."""
    fits = game.simultaneous and game.seats == 2 and game.actions == 2 and game.observation == (5,)
    need(fits, game, agent="a dilemma strategy", needs=_NEEDS)
    return game
