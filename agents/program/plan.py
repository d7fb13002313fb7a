"""What the league and a program's keeper tell each other: what is to be run, and how it ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from agents.program import jail


@dataclass(frozen=True)
class Ending:
    """How a program came to its end."""

    why: str  # 'start' it could not begin, 'exit' by itself, 'memory', 'flood', 'told' by the league, 'machine' our fault
    note: str
    stderr: str = ""  # the end of it

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: bytes) -> Ending:
        """Raises `ValueError`, `TypeError` for anything else."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Plan:
    """What is to be run, and how."""

    words: tuple[str, ...]
    jail: jail.Jail

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Plan:
        said = json.loads(text)
        kept: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in said["jail"].items()
        }
        return cls(tuple(said["words"]), jail.Jail(**kept))
