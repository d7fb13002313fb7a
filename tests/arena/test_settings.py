"""Settings: flags before the environment before the file before the defaults, and a mistake named with its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from arena.errors import BadConfig
from arena.match import ROLES
from arena.pool import MIXES
from arena.presets import PRESETS
from arena.settings import Settings

NONE: Mapping[str, Any] = {}


def resolve(
    flags: dict[str, Any] | None = None, *, env: dict[str, str] | None = None, toml: Path | None = None
) -> Settings:
    return Settings.resolve(flags or {}, config=toml, environ=env or {})


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "season.toml"
    path.write_text('rounds = 3\ngames = 4\nseed = 5\ntrain = "30s"\n')
    return path


def test_the_nearest_source_wins(toml: Path) -> None:
    said = resolve({"rounds": 1, "games": None}, env={"ARENA_ROUNDS": "2", "ARENA_GAMES": "8", "HOME": "/"}, toml=toml)
    assert (said.rounds, said.games, said.seed, said.boards) == (1, 8, 5, Settings().boards)


def test_a_flag_that_was_not_given_says_nothing() -> None:
    assert resolve({"rounds": None, "workers": None}) == Settings()


@pytest.mark.parametrize(
    ("said", "steps", "seconds"),
    [
        (0, 0, None),
        (20_000, 20_000, None),
        ("20000", 20_000, None),
        ("500ms", None, 0.5),
        ("30s", None, 30.0),
        ("1.5m", None, 90.0),
        ("2h", None, 7200.0),
    ],
)
def test_training_is_a_number_of_decisions_or_a_time(said: int | str, steps: int | None, seconds: float | None) -> None:
    made = resolve({"train": said})
    assert (made.training.steps, made.training.seconds) == (steps, seconds)


BAD = [
    ("rounds", 0, "expected a whole number from 1 to 1000000"),
    ("rounds", "many", "expected a whole number from 1 to 1000000"),
    ("rounds", 2.5, "expected a whole number"),
    ("rounds", True, "got true or false"),
    ("train", -1, "expected 0 or more decisions"),
    ("train", "soon", "expected a number of decisions (80000) or a time (500ms, 30s, 5m, 1h)"),
    ("train", 1.5, "expected a number of decisions"),
    ("train", "-5", "expected a number of decisions"),
    ("train", "30 s", "expected a number of decisions"),
    ("train", "s", "expected a number of decisions"),
    ("opponents", "pfsp(open('x'))", "not literals"),
    ("opponents", 3, "expected a spec, as text"),
    ("schedule", "", "is not a spec"),
    ("preset", "alphastarr", "no preset is called so; did you mean 'alphastar'?"),
    ("preset", 3, "expected the name of a preset"),
    ("games", 0, "expected a whole number from 1 to 250000"),
    ("games", 10**12, "expected a whole number from 1 to 250000"),
    ("history", -1, "expected a whole number from 0 to 10000"),
    ("boards", 10**6, "expected a whole number from 1 to 65536"),
    ("chunk", 0, "expected a whole number from 1 to 65536"),
    ("seed", -1, "expected a whole number from 0"),
    ("seed", 2**63, "expected a whole number from 0 to 9223372036854775807"),
    ("workers", 0, "expected a whole number from 1 to 256"),
    ("device", "gpu", "expected cpu, cuda, cuda:1 (or another number) or mps"),
]


@pytest.mark.parametrize(("key", "value", "expected"), BAD)
def test_a_bad_value_is_named_with_its_key_its_place_and_what_it_should_be(key: str, value: object, expected: str) -> None:
    with pytest.raises(BadConfig) as bad:
        resolve({key: value})
    assert bad.value.cause.startswith(f"{key} = {value!r} in the options: ")
    assert expected in bad.value.cause
    assert str(bad.value.hint).startswith(f"{key} is ")


def test_the_place_that_is_named_is_the_one_that_counted(toml: Path) -> None:
    toml.write_text("rounds = 0\n")
    with pytest.raises(BadConfig, match=r"rounds = 0 in .*season\.toml"):
        resolve(toml=toml)
    with pytest.raises(BadConfig, match="rounds = 'x' in the environment"):
        resolve(env={"ARENA_ROUNDS": "x"}, toml=toml)
    assert resolve({"rounds": 2}, env={"ARENA_ROUNDS": "x"}, toml=toml).rounds == 2


@pytest.mark.parametrize(("key", "meant"), [("round", "; did you mean 'rounds'?"), ("xyzzy", "")])
def test_an_unknown_key_is_named_with_the_nearest_known(toml: Path, key: str, meant: str) -> None:
    toml.write_text(f"{key} = 3\n")
    with pytest.raises(BadConfig) as bad:
        resolve(toml=toml)
    assert bad.value.cause == f"no setting is called {key!r} (in {toml}){meant}"
    assert "rounds" in str(bad.value.hint)


@pytest.mark.parametrize(("content", "said"), [(b"rounds = \n", "is not TOML"), (b"\xff\xfe", "is not TOML")])
def test_a_file_that_is_not_toml_is_named(toml: Path, content: bytes, said: str) -> None:
    toml.write_bytes(content)
    with pytest.raises(BadConfig, match=said):
        resolve(toml=toml)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"gone\.toml cannot be read: No such file"):
        resolve(toml=tmp_path / "gone.toml")
    with pytest.raises(BadConfig, match="cannot be read"):
        resolve(toml=tmp_path)


def test_where_a_season_runs_is_not_part_of_what_it_is() -> None:
    assert resolve({"workers": 2, "device": "cuda:1"}).lasting() == resolve().lasting()
    assert resolve({"seed": 1}).lasting() != resolve().lasting()


def test_specs_are_kept_in_their_one_spelling() -> None:
    assert resolve({"opponents": " mixture( latest = .5 )"}) == resolve({"opponents": "mixture(latest=0.5)"})


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_a_mix_that_can_be_made_for_every_role(preset: str) -> None:
    said = resolve({"preset": preset})
    assert said.gated == (preset == "alphastar")
    for role in ROLES:
        assert MIXES.make(said.mix_for(role))


def test_opponents_win_over_the_preset_s_mix_for_every_role() -> None:
    said = resolve({"preset": "alphastar", "opponents": "pfsp( 'var' )"})
    assert {said.mix_for(role) for role in ROLES} == {"pfsp('var')"}
    assert resolve().mix_for("main") == "mixture(latest=0.8)"


def test_a_season_from_before_the_presets_keeps_its_opponents() -> None:
    stored = {key: value for key, value in Settings().lasting().items() if key != "preset"}
    old = Settings().running({**stored, "opponents": "pfsp('hard')"})
    assert (old.mix_for("main"), old.gated) == ("pfsp('hard')", False)
