"""`arena lab`: what it prints, says and writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena.labs import WORK
from arena.labs.lab import stem
from tests.arena.cli.conftest import Type

LAB = "dyna-planning(planning=[0, 9])"
QUICK = ("lab", "run", LAB, "--quick")
STEM = stem(LAB, quick=True)


def test_the_list_names_every_lab(arena: Type):
    assert json.loads(arena("lab", "list", "--json").stdout)["labs"].keys() == WORK.keys()
    assert [line.split()[0] for line in arena("lab", "list").stdout.splitlines()] == ["name", *WORK]


def test_a_run_is_a_table_a_sentence_and_two_files(arena: Type, tmp_path: Path):
    done = arena(*QUICK, "-o", "results")
    assert done.exit_code == 0, done.output
    head, zero, nine, nothing, sentence, note = done.stdout.splitlines()
    assert head.startswith("planning steps")
    assert (zero.split()[0], nine.split()[0], nothing) == ("0", "9", "")
    assert sentence.startswith("From the first success")
    assert note == "--quick: shows that it runs; these numbers prove little"
    assert {path.name for path in (tmp_path / "results").iterdir()} == {f"{STEM}.json", f"{STEM}.png"}
    assert "1/6  0 planning steps, seed 0" in done.stderr.splitlines()


def test_json_on_the_screen_is_the_json_in_the_file(arena: Type, tmp_path: Path):
    done = arena(*QUICK, "--seeds", "4", "--json")
    told = json.loads(done.stdout)
    assert told == {"schema": 1, **json.loads((tmp_path / "labs" / f"{STEM}.json").read_text())}
    assert told["note"] == "--quick: shows that it runs; these numbers prove little"
    assert (told["seeds"], told["quick"], len(told["numbers"]["runs"]["9"])) == (4, True, 4)


def test_how_long_it_takes_is_said_before_it_begins(arena: Type, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("arena.labs.dyna.crossed", interrupted)
    done = arena("lab", "run", "dyna-planning", "--seeds", "40")
    assert done.stderr.splitlines()[0].startswith("dyna-planning: 40 seeds, about ")


def test_the_time_is_that_of_the_textbooks_arguments(arena: Type, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("arena.labs.dyna.crossed", interrupted)
    said = [arena("lab", "run", name).stderr.splitlines()[0] for name in ("dyna-planning", "dyna-planning(planning=[5])")]
    assert [line.endswith("unless these arguments ask for more or less") for line in said] == [False, True]


def test_an_interrupted_lab_leaves_nothing_and_says_that_it_starts_over(
    arena: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("arena.labs.dyna.crossed", interrupted)
    (tmp_path / "mine").mkdir()
    for folder in ("mine", "some/new/place"):
        done = arena(*QUICK, "-o", folder)
        assert done.exit_code == 130
        assert "a lab starts over" in done.stderr
    assert list(tmp_path.glob("mine/*")) == []
    assert not (tmp_path / "some").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "dyna-plan"), 3, "did you mean 'dyna-planning'?"),
        (("run", "dyna-planning(colour=3)"), 2, "dyna-planning takes ("),
        (("run", "dyna-planning(planning=[])"), 2, "planning must be a list of whole numbers, as in [0, 5], got []"),
        (("run", "dyna-planning(planning=['x'])"), 2, "each of planning must be a whole number from 0 to 10000, got 'x'"),
        (("run", "poker(games=['chess'])"), 2, "each of games must be one of 'kuhn_poker', 'leduc_poker', got 'chess'"),
        (
            ("run", "poker(games='kuhn_poker')"),
            2,
            "games must be a list out of 'kuhn_poker', 'leduc_poker', got 'kuhn_poker'",
        ),
        (("run", "poker(magnets=[])"), 2, "magnets must be a list out of"),
        (("run", "rps-pool(entropy=-1)"), 2, "entropy must be a number from 0 up to 10, got -1"),
        (("run", "dyna-planning", "--seeds", "2"), 2, "expected a whole number from 3, got '2'"),
    ],
)
def test_mistakes_are_said_in_words(arena: Type, words: tuple[str, ...], code: int, said: str):
    done = arena("lab", *words)
    assert done.exit_code == code
    assert said in done.stderr
