"""The architecture: who may know whom, read from the source with `ast`. A new file must be given its layer here."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.registry import AGENTS
from arena.labs import LABS
from arena.matchmaking import MATCHMAKERS
from arena.pool import MIXES
from arena.ratings import RATINGS
from games.registry import GAMES, Registry, Spec

ROOT = Path(__file__).parent.parent
LONGEST = 400  # lines of a file; at 300 look for the second noun

# Inside arena, from the bottom: a file imports from layers below its own, and from its own folder.
LAYERS: tuple[tuple[str, str], ...] = (
    ("facts", "match"),
    ("mistakes", "errors"),
    ("where processes come from", "forks"),
    ("facts as columns", "series"),
    ("settings of the process", "heap tidying torch_settings"),
    ("words", "names figures rows presets budget progress digest schema tape recording movers lock ratings"),
    ("times", "moments"),
    ("what is shown", "shown"),
    ("what is answered", "replies verdicts"),
    ("views of results", "analysis ranks tables"),
    ("files of results", "formats"),
    ("what their columns say", "columns"),
    ("the same in little room", "packing"),
    ("who may be met", "pool settings"),
    ("what came of it", "tally"),
    ("whom a learner meets", "mixes"),
    ("why, and how often", "encounters"),
    ("what learners are for", "roles"),
    ("who meets whom", "matchmaking"),
    ("the play", "runner"),
    ("the living", "roster replay"),
    ("who is met by others", "opponents"),
    ("who sits opposite", "opposition"),
    ("where they are met", "boards"),
    ("what is seen there", "vector_env"),
    ("what one board shows", "env"),
    ("who is better", "compare"),
    ("the hands", "workers"),
    ("what the hands do", "chunk training"),
    ("the file", "file"),
    ("the seals of its rows", "seals"),
    ("the database in it", "database"),
    ("the schema's history", "migrations"),
    ("who is in the league", "rolls"),
    ("what happens when", "calendar entries"),
    ("what was learned", "lessons"),
    ("the log", "journal"),
    ("who behaves", "conduct"),
    ("the views of the log", "views"),
    ("what came from elsewhere", "ledger"),
    ("the proof of the log", "audit"),
    ("the one door", "store"),
    ("a league on its way", "snapshot"),
    ("what the log comes to", "reckoning"),
    ("how a round goes", "course"),
    ("what learners are told, what is played", "assignment fixtures"),
    ("where others train", "environments"),
    (
        "what the league can do",
        "leaderboard health exhibition best_response highlight profile proof sheet season subjects tournament",
    ),
    ("how one joins it, and what is ready to be shown", "registration importing kept spent"),
    ("how it is opened, and joined from elsewhere", "door elsewhere"),
    ("who learns elsewhere", "training_loops"),
    ("a league as one file", "archive"),
    ("what is answered to it", "answers"),
    ("who attacks it", "exploiter"),
    ("questions to it, and what goes in and out", "analyst appraiser exchange"),
    ("the league", "league"),
    ("the package", "__init__"),
    ("what it costs, and what it shows", "bench labs"),
    ("its skins", "cli"),
)
LAYER = {noun: height for height, (_, nouns) in enumerate(LAYERS) for noun in nouns.split()}

STORE_SIDE = (
    "store views conduct journal lessons entries calendar rolls database file seals digest audit rows series schema lock "
    "names moments errors migrations kept ledger snapshot"
)

# Exceptions, each with its reason. Whoever adds one must be able to say it.
EXCUSED = {
    ("arena/cli/doctor.py", "torch"): "it reports torch's version and devices; imported when asked",
    ("arena/cli/progress.py", "arena.season"): "it shows the season's events, and touches no Season",
}


def sources(package: str = "") -> list[Path]:
    packages = [package] if package else ["arena", "agents", "games"]
    return sorted(path for one in packages for path in (ROOT / one).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, also lazily or for its types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def said(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def knows(path: Path, *modules: str) -> list[str]:
    """Which of the modules a file imports, those excused left out."""
    found = {one for name in imports(path) for one in modules if name == one or name.startswith(f"{one}.")}
    return sorted(one for one in found if (said(path), one) not in EXCUSED)


def noun(path: Path) -> str:
    """The file of arena, or the folder that it is in."""
    first, *_ = path.relative_to(ROOT / "arena").parts
    return first.removesuffix(".py")


def of(nouns: str) -> list[Path]:
    return [path for path in sources("arena") if noun(path) in nouns.split()]


@pytest.mark.parametrize("path", sources("games"), ids=said)
def test_games_know_neither_agents_nor_the_league(path: Path) -> None:
    assert knows(path, "agents", "arena", "sqlalchemy", "click") == []


@pytest.mark.parametrize("path", sources("agents"), ids=said)
def test_agents_do_not_know_the_league(path: Path) -> None:
    assert knows(path, "arena", "sqlalchemy", "click") == []


def test_every_file_has_a_layer_and_every_layer_its_files() -> None:
    assert {noun(path) for path in sources("arena")} == set(LAYER)


@pytest.mark.parametrize("path", sources("arena"), ids=said)
def test_imports_go_downwards(path: Path) -> None:
    mine = noun(path)
    for name in imports(path):
        package, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if package != "arena" or other == mine or other not in LAYER or (said(path), name) in EXCUSED:
            continue
        if mine == "__init__" and other == "league":
            continue
        assert LAYER[other] < LAYER[mine], f"{said(path)} imports arena.{other}, which is not below it"


def test_a_match_is_a_fact_that_knows_nothing_of_ours() -> None:
    assert knows(ROOT / "arena/match.py", "arena", "agents", "games", "torch", "sqlalchemy", "click") == []


@pytest.mark.parametrize("path", of(STORE_SIDE), ids=said)
def test_the_store_knows_no_tensors_no_commands_and_no_formulas(path: Path) -> None:
    formulas = [f"arena.ratings.{one}" for one in ("RATINGS", "comparisons", "fold", "tails", "trueskill")]
    assert knows(path, "torch", "click", "agents", *formulas, "arena.runner", "games.core", "trueskill") == []


@pytest.mark.parametrize("path", sources("arena"), ids=said)
def test_sql_stays_behind_the_store(path: Path) -> None:
    if noun(path) not in STORE_SIDE.split():
        assert knows(path, "sqlalchemy", "sqlite3", "alembic", "arena.schema", "arena.database") == []


@pytest.mark.parametrize("path", of("ratings analysis"), ids=said)
def test_numbers_are_made_of_facts_alone(path: Path) -> None:
    assert knows(path, "torch", "agents", "arena.store", "arena.rows", "games.core") == []


@pytest.mark.parametrize("path", of("runner roster workers tape recording movers replies replay"), ids=said)
def test_who_plays_does_not_care_where_results_go(path: Path) -> None:
    assert knows(path, "arena.store", "arena.ratings", "arena.rows", "arena.season") == []


@pytest.mark.parametrize("path", of("cli"), ids=said)
def test_commands_ask_the_league_and_nobody_else(path: Path) -> None:
    assert knows(path, "arena.store", "arena.season", "arena.runner", "arena.training", "torch", "agents.core") == []


@pytest.mark.parametrize("path", [path for path in sources("arena") if noun(path) != "cli"], ids=said)
def test_only_commands_know_the_command_line(path: Path) -> None:
    assert knows(path, "click", "rich") == []


def test_every_excuse_is_still_needed() -> None:
    for path, module in EXCUSED:
        assert module in set(imports(ROOT / path)), f"{path} no longer imports {module}"


@pytest.mark.parametrize("path", sources(), ids=said)
def test_nothing_unpacks_code_or_evaluates_text(path: Path) -> None:
    assert knows(path, "pickle", "marshal", "shelve", "dill", "cloudpickle") == []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec", "compile", "__import__", "torch.load", "torch.save"), f"{path}: {called}"


LUCKY = {("agents/program/wire.py", "os.urandom"): "ids that no program can guess; nothing that is played depends on them"}

DRAWS = "rand randn randint randperm multinomial normal bernoulli poisson rand_like randn_like randint_like"
FILLS = "random_ uniform_ normal_ bernoulli_ exponential_ geometric_ orthogonal_"
READS = ("random.getstate", "torch.get_rng_state")  # a check looks whether anybody used them
CLOCKS = ("time.time", "time.time_ns", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today")


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call, under the name that its module gives to what is called."""
    full = dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            full |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = ast.unparse(node.func).partition(".")
            yield full.get(first, first) + dot + rest, node


def luck(text: str, *, clock: bool = False) -> list[str]:
    """What a source calls that answers otherwise each time: unseeded chance, and, unless it may, the clock."""
    return [name for name, call in calls(ast.parse(text)) if _is_luck(name, call) or (name in CLOCKS and not clock)]


def _is_luck(name: str, call: ast.Call) -> bool:
    module, _, last = name.rpartition(".")
    if name in ("random.Random", "numpy.random.default_rng"):
        return not call.args
    if (module == "torch" and last in DRAWS.split()) or (module and last in FILLS.split()):
        return all(word.arg != "generator" for word in call.keywords)
    if name in ("hash", "torch.manual_seed", "torch.seed", "os.urandom"):  # hash() of text differs in each process
        return True
    return module in ("random", "numpy.random", "uuid", "secrets") and name not in READS


@pytest.mark.parametrize("path", sources(), ids=said)
def test_nobody_asks_for_luck_that_is_not_seeded(path: Path) -> None:
    """Chance is `games.chance` or a generator with a seed of its own; only the store and the lock tell the time."""
    may_look = path in of(STORE_SIDE)
    assert [one for one in luck(path.read_text(encoding="utf-8"), clock=may_look) if (said(path), one) not in LUCKY] == []


@pytest.mark.parametrize(
    "planted",
    [
        "torch.randperm(3)",
        "torch.rand(2, device=device)",
        "from torch import randint\nrandint(3, (2,))",
        "weights.normal_()",
        "torch.manual_seed(1)",
        "import numpy as np\nnp.random.shuffle(rows)",
        "import numpy as np\nnp.random.default_rng()",
        "import random\nrandom.shuffle(rows)",
        "from random import choice as pick\npick(rows)",
        "import random\nrandom.Random()",
        "from uuid import uuid4\nuuid4()",
        "hash(name)",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "from datetime import datetime\ndatetime.now()",
    ],
)
def test_planted_luck_is_found(planted: str) -> None:
    assert luck(planted)


@pytest.mark.parametrize(
    "sound",
    [
        "torch.randperm(3, generator=chance)",
        "import random\nrandom.Random(seed).shuffle(rows)",
        "import numpy as np\nnp.random.default_rng(seed)",
        "rng.random()",
        "import time\ntime.perf_counter()",
    ],
)
def test_seeded_chance_is_no_luck(sound: str) -> None:
    assert not luck(sound)


@pytest.mark.parametrize("path", sources(), ids=said)
def test_a_file_can_be_read_in_one_sitting_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("registry", [GAMES, AGENTS, MIXES, MATCHMAKERS, RATINGS, LABS], ids=lambda one: one.kind)
def test_every_registered_name_is_there(registry: Registry) -> None:
    assert registry.names()
    for name in registry.names():
        assert callable(registry.find(Spec.parse(name)))


@pytest.mark.parametrize(
    "program",
    [
        "import arena",
        "import arena.league",
        "import arena.cli",
        "import arena.store",
        "import games.registry, agents.registry, games.spec",
        """
from arena.league import League
from arena.match import Entrant
from arena.store import Store
from games.spec import GameSpec
with Store.open("league.db", write=True) as store:
    store.add_game("g", GameSpec("g", 1, "competitive", 2, 2, (1,), 1, (-1.0, 1.0)))
    store.register(Entrant("bot", "uniform", "g"))
league = League("league.db")
print(league.leaderboard("g"), league.agents(), league.matches(), league.status(), league.agent("bot"))
""",
    ],
    ids=["arena", "league", "cli", "store", "registries", "a leaderboard"],
)
def test_reading_needs_no_torch(program: str, tmp_path: Path) -> None:
    check = f"{program}\nimport sys\nassert 'torch' not in sys.modules, 'torch was imported'"
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    subprocess.run([sys.executable, "-c", check], cwd=tmp_path, env=environment, check=True, capture_output=True)
