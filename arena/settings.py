"""The settings of a season: from flags, ARENA_* variables, a TOML file or defaults, in this order, each key checked."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from arena.budget import EXPECTED, Budget
from arena.errors import BadConfig
from arena.presets import PRESETS
from games.errors import ArenaError, meant
from games.registry import Spec

_OURS = re.compile("ARENA_(?!LEAGUE$).*")  # ARENA_LEAGUE is the command line's
_WORDS = {
    "preset": "the name of a preset",
    "budget": "a time (500ms, 30s, 5m, 1h)",
    "gate": "a number from 1 to 1000",
    "until_sigma": "a number from 0.01 to 100",
    "train": EXPECTED,
    "device": "cpu, cuda, cuda:1 (or another number) or mps",
}


class Settings(BaseModel):
    """What a season does. Two seasons with equal settings, agents and history are equal bit for bit."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    rounds: Annotated[int, Field(ge=1, le=1_000_000, description="rounds of the season: train, freeze, play, rate")] = 10
    train: Annotated[
        int | str,
        Field(
            description="training a learner gets each round: decisions (80000) or a time (30s), and the batch begun is"
            " played to its end"
        ),
    ] = 80_000
    preset: Annotated[
        str, Field(description=f"the kind of league, which says whom learners train against: {', '.join(PRESETS)}")
    ] = "self-play"
    opponents: Annotated[
        str | None, Field(description="whom all learners train against: an opponent mix, in the place of the preset's")
    ] = None
    schedule: Annotated[
        str, Field(description="who meets whom in rated matches: round-robin, gauntlet, ladder, swiss or knockout")
    ] = "round_robin"
    games: Annotated[
        int,
        Field(ge=1, le=250_000, description="rated matches of each pairing in a round; in a ladder, of each checkpoint"),
    ] = 16
    until_sigma: Annotated[
        float | None,
        Field(ge=0.01, le=100, description="play on in each round until nobody's sigma is above this"),
    ] = None
    budget: Annotated[
        str | None,
        Field(description="play on in each round for this time (30s), which makes the season not repeatable bit for bit"),
    ] = None
    history: Annotated[
        int, Field(ge=0, le=10_000, description="older checkpoints of each learner that keep playing rated matches")
    ] = 2
    gate: Annotated[
        float | None,
        Field(
            ge=1,
            le=1000,
            description="a learner's checkpoint joins only if a test finds it better by so many Elo than the one before",
        ),
    ] = None
    boards: Annotated[int, Field(ge=1, le=65_536, description="training matches played as one batch")] = 512
    chunk: Annotated[int, Field(ge=1, le=65_536, description="rated matches played and committed as one batch")] = 512
    seed: Annotated[int, Field(ge=0, le=2**63 - 1, description="the root of all chance in the season")] = 0
    workers: Annotated[int, Field(ge=1, le=256, description="processes that train and play")] = 1
    device: Annotated[str, Field(pattern=r"^(cpu|cuda(:\d+)?|mps)$", description="where games and networks live")] = "cpu"

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch(cls, value: object) -> object:
        if isinstance(value, bool):  # which Python would count as 0 or 1
            raise ValueError("expected a number or text, got true or false")
        return value

    @field_validator("train")
    @classmethod
    def _a_budget(cls, value: int | str) -> int | str:
        steps = Budget.of(value).steps
        return value if steps is None else steps

    @field_validator("budget")
    @classmethod
    def _a_time(cls, value: str | None) -> str | None:
        with suppress(ValueError):
            if value is None or Budget.of(value).seconds is not None:
                return value
        raise ValueError(f"expected {_WORDS['budget']}")

    @field_validator("preset")
    @classmethod
    def _a_preset(cls, value: str) -> str:
        if value not in PRESETS:
            raise ValueError(f"no preset is called so{meant(value, PRESETS)}")
        return value

    @field_validator("opponents", "schedule")
    @classmethod
    def _a_spec(cls, value: str | None) -> str | None:
        try:
            return None if value is None else str(Spec.parse(value))
        except ArenaError as error:
            raise ValueError(error.cause) from None

    def mix_for(self, role: str) -> str:
        """The opponent mix of a learner in this role."""
        return self.opponents or PRESETS[self.preset].mix_for(role)

    @property
    def gated(self) -> bool:
        """Whether a learner is frozen only when it is worth it, and not after every round."""
        return PRESETS[self.preset].gated

    @property
    def training(self) -> Budget:
        """How long a learner trains in each round."""
        return Budget.of(self.train)

    @property
    def budget_seconds(self) -> float | None:
        """How long a round's rated matches go on, None where something else ends them."""
        return Budget.of(self.budget).seconds if self.budget is not None else None

    @property
    def prolonged(self) -> bool:
        """Whether a round goes on until its sigmas or its time end it."""
        return self.until_sigma is not None or self.budget is not None

    @classmethod
    def resolve(
        cls, flags: Mapping[str, Any], *, config: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> Self:
        """Flags that are not None, before ARENA_* variables, before the TOML file, before the defaults.

        Raises `BadConfig`, which names the key, where it stands and what was expected.
        """
        environ = os.environ if environ is None else environ
        sources = {f"{config}": _read(config)} if config else {}
        sources["the environment"] = {
            key: environ[f"ARENA_{key.upper()}"] for key in cls.model_fields if f"ARENA_{key.upper()}" in environ
        }
        cls._known({key.removeprefix("ARENA_").lower(): None for key in environ if _OURS.fullmatch(key)}, "the environment")
        sources["the options"] = {key: value for key, value in flags.items() if value is not None}
        for place, words in sources.items():
            cls._known(words, place)
        merged = {key: value for words in sources.values() for key, value in words.items()}
        try:
            return cls(**merged)
        except ValidationError as invalid:
            first = invalid.errors()[0]
            key = str(first["loc"][0])
            place = next(place for place, words in reversed(sources.items()) if key in words)
            raise BadConfig(
                f"{key} = {merged[key]!r} in {place}: {first.get('ctx', {}).get('error') or cls._expected(key)}",
                hint=f"{key} is {cls.model_fields[key].description}",
            ) from None

    @classmethod
    def _known(cls, words: Mapping[str, Any], place: str) -> None:
        for key in words:
            if key not in cls.model_fields:
                known = cls.model_fields
                raise BadConfig(
                    f"no setting is called {key!r} (in {place}){meant(key, known)}", hint=f"known: {', '.join(known)}"
                )

    @classmethod
    def _expected(cls, key: str) -> str:
        """What a setting must be, by its type and bounds."""
        known = cls.model_json_schema()["properties"][key]
        if known.get("type") == "integer":
            return f"expected a whole number from {known['minimum']} to {known['maximum']}"
        return f"expected {_WORDS.get(key, 'a spec, as text')}"

    def running(self, lasting: Mapping[str, Any]) -> Self:
        """A season's stored settings, to be run where and by how many processes these say."""
        return type(self)(**{**self.model_dump(), **lasting})

    def lasting(self) -> dict[str, Any]:
        """What is stored with the season: everything but where and by how many processes it runs."""
        return self.model_dump(exclude={"workers", "device"})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"{path} cannot be read: {error.strerror}", hint="give --config a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path} is not TOML: {error}", hint="write lines like: rounds = 10") from None
