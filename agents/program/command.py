"""The command line of a program, read before anything runs: what is not there is said at once, with its cure.

plan = planned(Command.read("./bot --fast"), memory=1024, forks=False, trusted=False)
"""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from agents.program import jail
from agents.program.plan import Plan
from games.arguments import number, switch
from games.errors import BadSpec, CannotLoad, NotTrusted

_LEAST, _MOST = 1, 1 << 20  # MiB of memory
_SHELLS = frozenset(["|", "||", "&", "&&", ";", "<", ">", ">>"])
_SCRIPTS = (".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".lua", ".jar", ".sh", ".php", ".r", ".jl")


@dataclass(frozen=True)
class Command:
    """What is run: the program's own path, the words, and the files of the user's that these name."""

    words: tuple[str, ...]  # with whole paths in place of relative ones: a program runs in a folder of its own
    files: tuple[Path, ...]  # the program first

    @classmethod
    def read(cls, text: str) -> Command:
        """Reads `./bot --fast`; paths are relative to the current folder. Raises `BadSpec`, `CannotLoad`."""
        if not isinstance(text, str) or "\0" in text or not text.strip():
            raise BadSpec(f"a program is one line of text, got {text!r}", hint="write process('./bot --fast')")
        try:
            first, *rest = shlex.split(text)
        except ValueError as error:
            raise BadSpec(
                f"{text!r} cannot be read as a command: {error}", hint="quote it as you would in a shell"
            ) from None
        if meant := _SHELLS.intersection(rest):
            raise BadSpec(
                f"{text!r} is run without a shell, to which {min(meant)!r} would be a word like any other",
                hint="put such a line into a script, and run that: process('sh bot.sh', forks=True)",
            )
        program = _program(first)
        words, files = [str(program)], [program]
        for word in rest:
            option, equals, value = word.rpartition("=")
            path = named(value)
            words.append(f"{option}{equals}{path}" if path else word)
            files += [path] if path else []
        return cls(tuple(words), tuple(files))

    def __str__(self) -> str:
        return shlex.join(self.words)

    def naming(self, *files: Path) -> Command:
        """The same, with files that the program is told of in another way."""
        return Command(self.words, (*self.files, *files))


def planned(command: Command, *, memory: float, forks: bool, trusted: bool) -> Plan:
    """How a command is run here, with so many MiB of memory and, with `forks`, processes of its own.

    Raises `BadSpec`, also where it names what no jailed program may read, and `NotTrusted` where there is no jail.
    """
    room = number("memory", memory, low=_LEAST, high=_MOST)
    tier = _tier(trusted=trusted)
    for file in command.files[1:] if tier != "trusted" else ():
        if why := jail.private(file):
            raise BadSpec(
                f"the command names {str(file)!r}, which a jailed program may not read: {why}",
                hint="copy what it needs to a place beside the program; or, if you trust it with all your files, --trust",
            )
    built = jail.Jail.around(command.files, tier=tier, memory=int(room * 2**20), forks=switch("forks", forks))
    return Plan(command.words, built)


def named(word: str) -> Path | None:
    """The file or folder that a word names, if it names one. Raises `CannotLoad` for a script that is not there."""
    if word.startswith("-") or not ("/" in word or "." in word):  # a plain word need not mean the file that is so called
        return None
    path = Path(os.path.abspath(os.path.expanduser(word)))
    if path.exists():
        return path
    if path.suffix.lower() in _SCRIPTS and not any(mark in word for mark in " ;()"):
        raise CannotLoad(f"there is no file {str(path)!r}", hint="paths are relative to the current folder")
    return None


def _tier(*, trusted: bool) -> jail.Tier:
    if trusted:
        return "trusted"
    if tier := jail.best():
        return tier
    raise NotTrusted(
        f"there is no jail for programs here: {jail.lacking()}",
        hint="if you trust it with your files and network: arena register --trust, or arena agents trust NAME",
    )


def _program(word: str) -> Path:
    if os.sep not in word:
        found = shutil.which(word, path=_without_shims()) or shutil.which(word)
        if found is None:
            here = f"it lies in this folder: write ./{word}" if Path(word).is_file() else "check the spelling and the PATH"
            raise CannotLoad(f"no program is called {word!r}", hint=here)
        return Path(os.path.abspath(found))
    path = Path(os.path.abspath(os.path.expanduser(word)))
    if not path.is_file():
        raise CannotLoad(f"there is no program at {str(path)!r}", hint="paths are relative to the current folder")
    if not os.access(path, os.X_OK):
        script = path.suffix.lower() in _SCRIPTS
        cure = f"process('python3 {word}')" if path.suffix == ".py" else f"process('INTERPRETER {word}')"
        raise CannotLoad(
            f"{str(path)!r} is not executable", hint=f"chmod +x {shlex.quote(word)}" + (f", or write {cure}" * script)
        )
    return path


def _without_shims() -> str:
    """The PATH without the folders of pyenv and its kin: scripts that look for the program with the help of others, and who
    is jailed starts no others."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder).name != "shims")
