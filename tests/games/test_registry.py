"""Names to things: literals only, and errors that tell the cure."""

from __future__ import annotations

import pickle
import subprocess
import sys
import traceback
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.registry import make_agent
from games.checks import check_game
from games.errors import ArenaError, BadSpec, CannotLoad, UnknownName
from games.matrix import MatrixGame
from games.registry import GAMES, Registry, Spec
from games.tic_tac_toe import TicTacToe
from tests.games.playing import PLAIN

LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)
NAMES = st.from_regex(r"[a-z_][a-z0-9_.]{0,8}(:[A-Z][a-z]{0,4})?", fullmatch=True)
KEYS = st.from_regex(r"[a-z][a-z_]{3,8}x", fullmatch=True)


@settings(max_examples=100, deadline=None)
@given(name=NAMES, args=st.lists(LITERALS, max_size=3), kwargs=st.dictionaries(KEYS, LITERALS, max_size=3))
def test_a_spec_that_is_written_is_read_again(name: str, args: list[Any], kwargs: dict[str, Any]):
    spec = Spec(name, tuple(args), tuple(sorted(kwargs.items())))
    assert Spec.parse(str(spec)) == spec


def test_one_spec_has_one_text():
    assert str(Spec.parse("ppo( b = 2,a=1 )")) == "ppo(a=1, b=2)"
    assert str(Spec.parse(" ppo() ")) == "ppo"


@pytest.mark.parametrize(
    "text",
    [
        "ppo(lr=__import__('os').getpid())",
        "ppo(lr=x)",
        "ppo(*[1])",
        "ppo(**{'a': 1})",
        "ppo(1)(2)",
        "ppo(1).x(2)",
        "ppo(lr=1",
        "ppo(f'{1}')",
        "",
        "3po",
        "a:b:c",
        "ppo; rm",
        "ppo(1) ppo(2)",
        "ppo(" + "[" * 500 + "]" * 500 + ")",
    ],
)
def test_nothing_but_literals_is_read(text: str):
    with pytest.raises(BadSpec) as raised:
        Spec.parse(text)
    assert raised.value.hint


def test_whoever_lost_the_quotes_to_a_shell_is_told_how_to_keep_them() -> None:
    with pytest.raises(BadSpec) as raised:
        Spec.parse("openspiel(kuhn_poker)")
    assert "a shell takes the quotes away" in (raised.value.hint or "")


def test_whoever_names_a_program_is_told_how() -> None:
    with pytest.raises(BadSpec) as raised:
        Spec.parse("./bot")
    assert "process('./bot')" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ppo(lr=nan)", "lr must be a finite number, got nan"),
        ("ppo(lr=-inf)", "lr must be a finite number, got inf"),
        ("ppo(lr=1e400)", "lr must be a finite number, got 1e400"),
        ("biased([1, Infinity])", "argument 1 must be a finite number, got Infinity"),
    ],
)
def test_a_number_that_is_not_finite_is_named(text: str, said: str):
    with pytest.raises(BadSpec) as raised:
        Spec.parse(text)
    assert raised.value.cause == said
    assert Spec.parse("ppo('nan')").args == ("nan",)


def test_an_argument_cannot_be_given_twice():
    with pytest.raises(BadSpec, match="twice"):
        Spec.parse("ppo(a=1, a=2)")


def test_an_unknown_name_is_met_with_the_nearest_one():
    with pytest.raises(UnknownName, match=r"no game is called 'conect_four'; did you mean 'connect_four'\?"):
        GAMES.make("conect_four")


def test_a_name_near_nothing_is_met_with_all_names():
    with pytest.raises(UnknownName, match=r"(?m)'zzzzz'$") as raised:
        GAMES.make("zzzzz")
    assert "kuhn_poker" in str(raised.value.hint)


def test_arguments_reach_the_maker():
    assert GAMES.make("prisoners_dilemma(rounds=3)").rounds == 3
    assert GAMES.make("matrix([[1, 2], [3, 4]])").spec.actions == 2


@pytest.mark.parametrize("text", ["prisoners_dilemma(round=3)", "tic_tac_toe(9)", "matrix"])
def test_wrong_arguments_are_met_with_the_right_ones(text: str):
    with pytest.raises(BadSpec) as raised:
        GAMES.make(text)
    assert "takes (" in str(raised.value.hint)


def test_the_right_ones_are_named():
    with pytest.raises(BadSpec) as raised:
        GAMES.make("prisoners_dilemma(round=3)")
    assert "rounds: 'int' = 10" in str(raised.value.hint)


def test_module_and_attribute_make_what_no_registry_knows():
    game = GAMES.make("games.matrix:MatrixGame([[1]])")
    assert isinstance(game, MatrixGame)


@pytest.mark.parametrize("target", ["no_such_module:Thing", "games.matrix:NoSuchGame"])
def test_what_cannot_be_imported_is_said_to_be_so(target: str):
    with pytest.raises(CannotLoad, match="cannot be loaded"):
        GAMES.make(target)


def test_what_is_found_must_make_something():
    with pytest.raises(CannotLoad, match="not something that makes a game"):
        GAMES.make("games.connect_four:ROWS")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("os:system('touch mark')", "Python's own"),
        ("subprocess:Popen('touch mark', shell=True)", "Python's own"),
        ("builtins:exec('raise SystemExit')", "Python's own"),
        ("tests.games.test_registry:sys.exit()", "Python's own"),  # whatever way leads there
        ("tests.games.test_registry:subprocess.run('touch mark', shell=True)", "Python's own"),
        ("tests.games.test_registry:subprocess.Popen('touch mark', shell=True)", "none of games.core.Game"),
        ("tests.games.test_registry:Mark('mark')", "none of games.core.Game"),
        ("tests.games.test_registry:half_a_call('mark')", "Python's own"),
        ("agents.program.scratch:_remove('mark')", "Arena's own"),
        ("arena.tables:plural", "Arena's own"),
    ],
)
def test_what_was_not_made_for_us_is_not_even_called(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A spec may be a stranger's."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSpec, match=why) as refusal:
        GAMES.make(text)
    assert refusal.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("folder", "metadata", "allowed"),
    [
        ("site-packages", "", False),
        ("site-packages", "Requires-Dist: arena-league; extra == 'arena'", False),
        ("site-packages", "Requires-Dist: Arena_League>=1", True),
        ("site-packages", "[arena.games]\nsquare = squares0:square", True),
        ("my-work", "", True),  # not installed: the user's own
    ],
)
def test_functions_of_installed_packages_are_called_only_where_they_were_made_for_us(
    folder: str, metadata: str, allowed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"squares{abs(hash((folder, metadata)))}"
    package, told = tmp_path / folder / name, tmp_path / folder / f"{name}-1.dist-info"
    package.mkdir(parents=True)
    told.mkdir()
    source = "from games.matrix import MatrixGame\nfrom pathlib import Path\n\ndef square(size):\n"
    source += "    Path('mark').touch()\n    return MatrixGame([[0] * size] * size)\n"
    (package / "__init__.py").write_text(source)
    points = metadata if metadata.startswith("[") else ""
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n" + (metadata if not points else ""))
    (told / "entry_points.txt").write_text(points)
    (told / "top_level.txt").write_text(name)
    monkeypatch.syspath_prepend(str(tmp_path / folder))
    monkeypatch.chdir(tmp_path)
    if allowed:
        assert GAMES.make(f"{name}:square(3)").spec.actions == 3
        return
    with pytest.raises(BadSpec, match="not made for this") as refused:
        GAMES.make(f"{name}:square(3)")
    assert "a function of your own" in str(refused.value.hint)
    assert not (tmp_path / "mark").exists()


def test_a_network_of_a_stranger_is_not_fetched_by_a_function_of_torchs() -> None:
    with pytest.raises(BadSpec, match=r"'torch\.hub:load' is a function of the package 'torch'"):
        make_agent("module(\"torch.hub:load('a/b', 'net', trust_repo=True)\")", GAMES.make("tic_tac_toe").spec)


class Mark:
    """Leaves one where it is made."""

    def __init__(self, path: str) -> None:
        Path(path).touch()


half_a_call = partial(partial(open), mode="w")


def test_a_function_that_makes_another_thing_is_told_so() -> None:
    with pytest.raises(BadSpec, match=r"makes a Mark, expected games\.core\.Game"):
        GAMES.make("tests.games.test_registry:marked('/dev/null')")


def marked(path: str) -> Mark:
    return Mark(path)


def test_functions_of_functions_are_as_good_as_functions() -> None:
    assert GAMES.make("tests.games.test_registry:again()").spec.name == "matrix"
    assert GAMES.make("tests.games.test_registry:half([[1]])").spec.name == "matrix"


@lru_cache
def again() -> MatrixGame:
    return MatrixGame([[1]])


half = partial(MatrixGame)


def test_a_module_that_fails_at_import_does_not_bring_the_league_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "broken_game.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotLoad, match="ZeroDivisionError"):
        GAMES.make("broken_game:Game")


def test_extra_arguments_go_only_where_they_are_taken():
    registry = Registry("thing", {"dict": "builtins:dict", "spec": "games.registry:Spec"})
    assert registry.make("spec('a')", args=(1,), colour="red") == Spec("a", (1,))


def test_errors_cross_process_borders_with_their_hint():
    error = pickle.loads(pickle.dumps(UnknownName("cause", hint="cure")))
    assert (type(error), error.cause, error.hint) == (UnknownName, "cause", "cure")
    assert isinstance(error, ArenaError)


@pytest.mark.parametrize("name", PLAIN)
def test_every_registered_game_keeps_the_contract(name: str):
    game = GAMES.make(name)
    assert game.spec.name == name
    check_game(game, seeds=range(4))


def test_names_are_read_without_torch():
    code = "import sys; from games.registry import GAMES; GAMES.names(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("typed", "cure"),
    [
        ("mybot.py", "what this file makes is mybot:Name; run as a program it plays as process('python3 mybot.py')"),
        ("./mybot.py", "mybot:Name"),
        ("./mybot.py:Bot", "what this file makes is mybot:Bot"),
        ("mybot.py:Bot", "a file is named by its module: mybot:Bot"),
        ("bots/mybot.py", "what this file makes is bots.mybot:Name"),
        ("../mybot.py", "what a file in the current folder makes is mybot:Name"),
        ("./cbot", "a program is process('./cbot')"),
        ("cbot", "a program is process('./cbot')"),
        ("python3 mybot.py --fast", "a program with its arguments is process('python3 mybot.py --fast')"),
        ("nothing", "or write module:attr for your own"),
    ],
)
def test_a_files_name_is_answered_with_the_spec_of_what_is_in_it(typed, cure, tmp_path, monkeypatch):
    (tmp_path / "cbot").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArenaError) as refused:
        GAMES.make(typed)
    assert cure in str(refused.value.hint)


@pytest.mark.parametrize("said", [{"name": "x"}, None])
def test_a_game_whose_spec_is_none_is_made_for_its_check_to_tell(said: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TicTacToe, "spec", said)
    assert GAMES.make("tic_tac_toe").spec is said


def test_our_own_functions_are_called_by_their_names_however_those_are_written() -> None:
    assert GAMES.make("games.dilemmas:stag_hunt(rounds=3)").spec.max_steps == 3


def test_where_anything_will_do_a_strangers_class_is_looked_at_as_functions_are(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("all there is")
    with pytest.raises(BadSpec, match="a function of the package 'torch'"):
        Registry("schedule", {}).make(f"torch.serialization:_open_file({str(tmp_path / 'file')!r}, 'wb')")
    assert (tmp_path / "file").read_text() == "all there is"


def test_a_traceback_says_what_to_do_as_well() -> None:
    with pytest.raises(UnknownName) as raised:
        GAMES.make("connect_for")
    assert f"what to do: {raised.value.hint}" in "".join(traceback.format_exception(raised.value))
