"""Matchmaking: one schedule a file. A matchmaker proposes a round's matches from the pool; playing is not its business."""

from games.registry import Registry

MATCHMAKERS = Registry(
    "matchmaker",
    {
        "round_robin": "arena.matchmaking.round_robin:RoundRobin",
        "round-robin": "arena.matchmaking.round_robin:RoundRobin",  # as a command line would spell it
        "gauntlet": "arena.matchmaking.gauntlet:Gauntlet",
    },
    group="arena.matchmakers",
)
