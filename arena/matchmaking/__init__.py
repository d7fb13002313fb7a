"""Matchmaking: one schedule a file. A matchmaker proposes a round's matches, at once or in stages; it plays none."""

from games.registry import Registry

MATCHMAKERS = Registry(
    "matchmaker",
    {
        "round_robin": "arena.matchmaking.round_robin:RoundRobin",
        "round-robin": "arena.matchmaking.round_robin:RoundRobin",  # as a command line would spell it
        "gauntlet": "arena.matchmaking.gauntlet:Gauntlet",
        "swiss": "arena.matchmaking.swiss:Swiss",
        "knockout": "arena.matchmaking.knockout:Knockout",
        "ladder": "arena.matchmaking.ladder:Ladder",
    },
    group="arena.matchmakers",
)
