"""A game's data sheet: what its author says of it, its sizes, and how it looks at first."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import torch

from games.core import Game
from games.registry import GAMES, Spec
from games.spec import GameSpec


@dataclass(frozen=True)
class DataSheet:
    """All there is to know of a game before it is played."""

    text: str  # the spec that makes it
    spec: GameSpec
    about: str  # the docstrings of the game and of its file
    picture: str

    @classmethod
    def of(cls, text: str, game: Game) -> DataSheet:
        """The sheet of a game that `text` makes."""
        maker = GAMES.find(Spec.parse(text))
        module = inspect.getmodule(maker)
        said = [inspect.getdoc(module) or "", (maker.__doc__ and inspect.cleandoc(maker.__doc__)) or ""]
        picture = game.render(game.reset(torch.tensor([1])), 0)
        return cls(text, game.spec, "\n\n".join(part for part in said if part), picture)

    def as_json(self) -> dict[str, Any]:
        """Stable keys."""
        return {"game": self.text, "about": self.about, "picture": self.picture, "spec": self.spec.as_json()}

    def __str__(self) -> str:
        spec = self.spec
        low, high = spec.return_range
        turns = "all at once" if spec.simultaneous else "in turn"
        sizes = {
            "name": f"{spec.name}, version {spec.version} of its rules",
            "flavour": spec.flavour,
            "seats": f"{spec.seats}, {turns}",
            "actions": str(spec.actions),
            "observation": " x ".join(map(str, spec.observation)),
            "steps": f"at most {spec.max_steps}",
            "returns": f"{low:g} to {high:g}",
        }
        return "\n\n".join([self.about, "\n".join(f"{key:<13}{value}" for key, value in sizes.items()), self.picture])
