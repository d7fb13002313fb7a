"""What users' agents do wrong, each in its own way. All but their faults they play like `uniform`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.scripted.dilemma import TitForTwoTats
from agents.scripted.uniform import Uniform, draw
from games.spec import GameSpec
from tests.agents.planted import Honest


class Saboteur(Uniform):
    """Plays tic-tac-toe uniformly, and breaks in one way where the other holds the centre."""

    def __init__(self, game: GameSpec, fault: str) -> None:
        super().__init__(game)
        self.fault = fault

    def act(self, observation: Observation) -> object:  # type: ignore[override]
        answer = super().act(observation)
        bad = observation.features[:, 1, 1, 1] > 0  # (R,)
        return getattr(self, self.fault)(answer, bad) if bool(bad.any()) else answer

    def crash(self, answer: Tensor, bad: Tensor) -> object:
        raise ZeroDivisionError("the centre is lost")

    def leave(self, answer: Tensor, bad: Tensor) -> object:
        sys.exit(0)

    def taken(self, answer: Tensor, bad: Tensor) -> object:
        return torch.where(bad, 4, answer)

    def negative(self, answer: Tensor, bad: Tensor) -> object:
        return torch.where(bad, -1, answer)

    def enormous(self, answer: Tensor, bad: Tensor) -> object:
        return torch.where(bad, 2**62, answer)

    def nan(self, answer: Tensor, bad: Tensor) -> object:
        return torch.where(bad, float("nan"), answer.float())

    def whole_floats(self, answer: Tensor, bad: Tensor) -> object:
        return answer.double()

    def short(self, answer: Tensor, bad: Tensor) -> object:
        return answer[:-1]

    def long(self, answer: Tensor, bad: Tensor) -> object:
        return torch.cat([answer, answer])

    def square(self, answer: Tensor, bad: Tensor) -> object:
        return answer[:, None]

    def booleans(self, answer: Tensor, bad: Tensor) -> object:
        return answer > 0

    def nothing(self, answer: Tensor, bad: Tensor) -> object:
        return None

    def text(self, answer: Tensor, bad: Tensor) -> object:
        return "the centre"

    def beyond_words(self, answer: Tensor, bad: Tensor) -> object:
        return [2**70] * len(answer)

    def unspeakable(self, answer: Tensor, bad: Tensor) -> object:
        raise Unspeakable

    def end_generator(self, answer: Tensor, bad: Tensor) -> object:
        raise GeneratorExit

    def cancel(self, answer: Tensor, bad: Tensor) -> object:
        raise asyncio.CancelledError

    def own_tensor(self, answer: Tensor, bad: Tensor) -> object:
        return answer.double().as_subclass(OwnTensor)

    def sparse(self, answer: Tensor, bad: Tensor) -> object:
        return torch.where(bad, -1, answer).to_sparse()

    def evil_tensor(self, answer: Tensor, bad: Tensor) -> object:
        return answer.as_subclass(EvilTensor)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError("not even that")


class OwnTensor(Tensor):
    """A kind of tensor of one's own."""


class EvilTensor(Tensor):
    """Whatever is asked of it fails."""

    @classmethod
    def __torch_function__(cls, *asked: object) -> object:  # type: ignore[override]
        raise SystemExit("nobody touches this")


class Touchy(TitForTwoTats):
    """Breaks in one row, when its memory has already moved."""

    def act(self, observation: Observation) -> Tensor:
        answer = super().act(observation)
        if bool(((observation.row == 4) & (observation.step == 5)).any()):
            raise ZeroDivisionError("not this one")
        return answer


class Unready(Uniform):
    """Cannot begin matches in seat 1."""

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        if bool((rows % self.game.seats == 1).any()):
            raise OSError("no engine there")


class Scribbler(Uniform):
    """Thinks on the paper that it was given, and answers from one buffer."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        self.buffer = torch.zeros(4096, dtype=torch.int64)

    def act(self, observation: Observation) -> Tensor:
        answer = self.buffer[: len(observation)]
        answer.copy_(super().act(observation))
        for tensor in vars(observation).values():
            tensor.fill_(1)
        return answer


class Cheat(Agent):
    """Declares everything legal, and takes the first cell."""

    def act(self, observation: Observation) -> Tensor:
        observation.legal.fill_(True)
        return torch.zeros_like(observation.row)


def lister(observation: Observation) -> list[int]:
    """A plain function that answers a plain list."""
    return draw(observation.legal, observation).tolist()


class Broken(Uniform):
    """Cannot even be made."""

    def __init__(self, game: GameSpec) -> None:
        raise FileNotFoundError("no engine")


class Restless(Uniform):
    """Every instance plays its own games."""

    born = 0

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        Restless.born += 1
        self.mood = Restless.born

    def act(self, observation: Observation) -> Tensor:
        return super().act(replace(observation, seed=observation.seed + self.mood))


class Paralysed(Honest):
    """Plays when it is frozen, and breaks where it should explore."""

    def act(self, observation: Observation) -> Tensor:
        raise ZeroDivisionError("cannot move")


class Unteachable(Honest):
    def learn(self, trajectory: object) -> dict[str, float]:
        sys.exit("no more lessons")


class Secretive(Honest):
    """Tells its loss only now and then."""

    def learn(self, trajectory: object) -> dict[str, float]:
        told = super().learn(trajectory)
        return {**told, "loss": 4.0} if int(self.lessons) % 2 == 0 else told


class Stateless(Honest):
    def state(self) -> dict[str, Tensor]:
        raise NotImplementedError


class Paper(Honest):
    """Throws paper, whatever it learns."""

    def act(self, observation: Observation) -> Tensor:
        return torch.ones_like(observation.row)


class Meddler(Uniform):
    """Sets up torch to its own taste."""

    def act(self, observation: Observation) -> Tensor:
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        torch.set_grad_enabled(True)
        answer = super().act(observation)
        torch.set_default_device("meta")  # where nothing is ever computed
        return answer


class Chatterbox(Uniform):
    """Prints wherever it is."""

    print("chatter: imported")

    def __init__(self, game: GameSpec) -> None:
        print("chatter: made")
        super().__init__(game)

    def act(self, observation: Observation) -> Tensor:
        print("chatter: acting")
        return super().act(observation)

    def close(self) -> None:
        print("chatter: closing")
        raise OSError("cannot leave")


class Late(Honest):
    """Is made at registration; later it cannot even be frozen."""

    def frozen(self, policies: object) -> Agent:
        if Path("late").exists():
            raise asyncio.CancelledError("too late")
        return super().frozen(policies)  # type: ignore[arg-type]
