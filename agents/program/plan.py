"""What the league and a program's keeper tell each other: what is to be run, and how it ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from agents.program import jail


@dataclass(frozen=True)
class Ending:
    """How a program came to its end."""

    why: str  # 'start' it could not begin, 'exit' by itself, 'memory', 'flood', 'told' by the league
    note: str
    stderr: str = ""  # the end of it


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
        return cls(tuple(said["words"]), jail.Jail(**{**said["jail"], "reads": tuple(said["jail"]["reads"])}))
