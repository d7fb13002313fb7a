"""Names to agents: `make_agent("ppo(lr=3e-4)", game)`. Imports no torch."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from games.errors import BadSpec
from games.registry import Registry, Spec, fit, vouch
from games.spec import GameSpec

if TYPE_CHECKING:
    from agents.core import Agent

AGENTS = Registry(
    "agent",
    {
        "uniform": "agents.scripted.uniform:Uniform",
        "fixed": "agents.scripted.throws:Fixed",
        "biased": "agents.scripted.throws:Biased",
        "rock": "agents.scripted.throws:Rock",
        "paper": "agents.scripted.throws:Paper",
        "scissors": "agents.scripted.throws:Scissors",
        "memory_one": "agents.scripted.dilemma:MemoryOne",
        "cooperator": "agents.scripted.dilemma:Cooperator",
        "defector": "agents.scripted.dilemma:Defector",
        "coin": "agents.scripted.dilemma:Coin",
        "alternator": "agents.scripted.dilemma:Alternator",
        "tit_for_tat": "agents.scripted.dilemma:TitForTat",
        "suspicious_tit_for_tat": "agents.scripted.dilemma:SuspiciousTitForTat",
        "generous_tit_for_tat": "agents.scripted.dilemma:GenerousTitForTat",
        "tit_for_two_tats": "agents.scripted.dilemma:TitForTwoTats",
        "win_stay_lose_shift": "agents.scripted.dilemma:WinStayLoseShift",
        "grudger": "agents.scripted.dilemma:Grudger",
        "tideman_chieruzzi": "agents.scripted.axelrod_first:TidemanChieruzzi",
        "nydegger": "agents.scripted.axelrod_first:Nydegger",
        "grofman": "agents.scripted.axelrod_first:Grofman",
        "shubik": "agents.scripted.axelrod_first:Shubik",
        "stein_rapoport": "agents.scripted.axelrod_first:SteinRapoport",
        "davis": "agents.scripted.axelrod_first:Davis",
        "graaskamp": "agents.scripted.axelrod_first:Graaskamp",
        "downing": "agents.scripted.axelrod_first:Downing",
        "feld": "agents.scripted.axelrod_first:Feld",
        "joss": "agents.scripted.axelrod_first:Joss",
        "tullock": "agents.scripted.axelrod_first:Tullock",
        "anonymous": "agents.scripted.axelrod_first:Anonymous",
        "tactician": "agents.scripted.boards:Tactician",
        "minimax": "agents.scripted.boards:Minimax",
        "perfect": "agents.scripted.boards:Perfect",
        "caller": "agents.scripted.poker:Caller",
        "raiser": "agents.scripted.poker:Raiser",
        "folder": "agents.scripted.poker:Folder",
        "tight": "agents.scripted.poker:Tight",
        "kuhn_equilibrium": "agents.scripted.poker:KuhnEquilibrium",
        "chaser": "agents.scripted.grid:Chaser",
        "hideout": "agents.scripted.grid:Hideout",
        "barricader": "agents.scripted.grid:Barricader",
        "axelrod": "agents.axelrod:Axelrod",
        "uci": "agents.uci:UCI",
        "cfr": "agents.cfr:CFR",
        "tabular_mmd": "agents.tabular_mmd:TabularMMD",
        "reinforce": "agents.reinforce:Reinforce",
        "ppo": "agents.ppo:PPO",
        "dqn": "agents.dqn:DQN",
        "independent": "agents.dqn:Independent",
        "qmix": "agents.qmix:QMIX",
        "vdn": "agents.qmix:VDN",
        "network": "agents.torch_policy:Network",
        "module": "agents.torch_policy:Module",
        "commnet": "agents.comm:CommNet",
        "tarmac": "agents.comm:TarMAC",
        "process": "agents.process:Process",
    },
    group="arena.agents",
    base="agents.core:Agent",
)

ANY = "any game"
_DILEMMAS = "prisoners_dilemma stag_hunt chicken"
_PLAYED = {  # the games that take an agent, and the agents; so that they can be listed without being imported
    "tic_tac_toe connect_four": "tactician minimax",
    "tic_tac_toe": "perfect",
    "kuhn_poker leduc_poker": "caller raiser folder tight",
    "kuhn_poker": "kuhn_equilibrium",
    "rock_paper_scissors": "rock paper scissors",
    "hide_and_seek": "chaser hideout barricader",
    "chess": "uci",
    "kuhn_poker leduc_poker tic_tac_toe rock_paper_scissors matching_pennies matrix openspiel": "cfr tabular_mmd",
    "two_step levers speaker_listener coordination channel": "qmix vdn",
    _DILEMMAS: "memory_one cooperator defector coin alternator tit_for_tat suspicious_tit_for_tat generous_tit_for_tat"
    " tit_for_two_tats win_stay_lose_shift grudger tideman_chieruzzi nydegger grofman shubik stein_rapoport davis graaskamp"
    " downing feld joss tullock anonymous axelrod",
}
_FOR_ANY = "uniform fixed biased reinforce ppo dqn independent commnet tarmac network module process"
PLAYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_FOR_ANY.split(), (ANY,)),
    **{name: tuple(games.split()) for games, names in _PLAYED.items() for name in names.split()},
}


def available_for(game: str | None = None) -> dict[str, list[str]]:
    """The agents that can be registered (for a game), with the games that each plays; of a plugin's nothing is known."""
    name = Spec.parse(game).name if game is not None else None
    found = {agent: list(PLAYS.get(agent, ())) for agent in AGENTS.names()}
    return {agent: games for agent, games in found.items() if name is None or not games or {ANY, name} & {*games}}


def make_agent(text: str | Spec, game: GameSpec, *, seed: int = 0, trusted: bool = False) -> Agent:
    """The agent that a spec says, for a game. A class is made; a plain function of an observation is the agent itself.

    `seed` reaches learners, for their first weights; `trusted` programs, which run without a jail then. Raises what
    `Registry.make` raises, and `BadSpec` where the result is no agent.
    """
    from agents.core import FunctionAgent

    spec = text if isinstance(text, Spec) else Spec.parse(text)
    if "trusted" in dict(spec.kwargs):
        raise BadSpec(f"{str(spec)!r}: whom to trust is not for a spec to say", hint="say so yourself: --trust")
    maker = AGENTS.find(spec)
    if inspect.isfunction(maker):
        if spec.args:
            raise BadSpec(f"{str(spec)!r}: a function's arguments have names", hint=f"write {spec.name}(name=value)")
        vouch(maker, spec.name)
        fit(spec, inspect.signature(maker), ["an observation"], {})
        return FunctionAgent(game, partial(maker, **dict(spec.kwargs)) if spec.kwargs else maker)
    made: Agent = AGENTS.make(spec, game, seed=seed, trusted=trusted)
    return made
