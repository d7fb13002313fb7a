"""What others do with the same work, one package a file. Each name makes a piece of work that says how much it was.

They run as children (`arena.bench.child`), and each imports its package when it is asked for: all come with the extra
`bench`, none is needed.
"""

from importlib import import_module
from typing import Any

from games.errors import MissingExtra
from games.registry import Registry

PEERS = Registry(
    "peer",
    {
        "openspiel_moves": "arena.bench.peers.openspiel:moves",
        "openspiel_bots": "arena.bench.peers.openspiel:bots",
        "pgx_moves": "arena.bench.peers.pgx:moves",
        "pgx_policies": "arena.bench.peers.pgx:policies",
        "pettingzoo_moves": "arena.bench.peers.pettingzoo:moves",
        "pettingzoo_policies": "arena.bench.peers.pettingzoo:policies",
        "pettingzoo_vector": "arena.bench.peers.pettingzoo:vector",
        "sb3_ppo": "arena.bench.peers.sb3:ppo",
        "sb3_ppo_random": "arena.bench.peers.sb3:random_opponent",
        "axelrod_tournament": "arena.bench.peers.axelrod:tournament",
        "trueskill_updates": "arena.bench.peers.trueskill:updates",
        "trueskill_melees": "arena.bench.peers.trueskill:melees",
        "memory_season": "arena.bench.memory:season",  # our own, which must be alone in a process to be weighed
        "memory_loaded": "arena.bench.memory:loaded",
    },
)


def need(package: str) -> Any:
    """An optional package. Raises `MissingExtra`, whose hint is the cure."""
    try:
        return import_module(package)
    except ImportError as error:
        raise MissingExtra(
            f"{package.partition('.')[0]} is not installed", hint="pip install 'arena-league[bench]'"
        ) from error
