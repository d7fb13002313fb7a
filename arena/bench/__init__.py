"""Speed, measured beside peers in one run. One kind of work a file; a benchmark yields figures.

    arena bench list
    arena bench run neural
    arena bench run 'leaderboard(matches=1000000)'

A benchmark is a function of a `Bench` and, if it likes, of arguments with defaults; `measure.py` says how it is timed.
"""

from games.registry import Registry

# Where each lives and what it measures, said here so that the list needs none of them imported.
WORK = {
    "raw": ("arena.bench.raw:raw", "random legal moves of every game"),
    "outside": ("arena.bench.outside:outside", "random legal moves of OpenSpiel's and PettingZoo's games as games of ours"),
    "neural": ("arena.bench.neural:neural", "Connect Four between frozen networks: one pairing, and all-play-all"),
    "training": ("arena.bench.training:training", "PPO's self-play with a pool of frozen checkpoints, learning included"),
    "env": ("arena.bench.env:env", "a gymnasium environment of 256 boards, opponents' moves included"),
    "gpu": ("arena.bench.gpu:gpu", "random moves, matches and PPO's self-play on a GPU, where there is one"),
    "dilemma": ("arena.bench.dilemma:dilemma", "Axelrod's tournament of 200 turns, results stored"),
    "ratings": ("arena.bench.ratings:ratings", "TrueSkill updates"),
    "rerating": ("arena.bench.rerating:rerating", "a million matches rated anew, by TrueSkill and by Davidson"),
    "football": ("arena.bench.football:football", "how well models foretell 150 years of football (wants its file)"),
    "ladder": ("arena.bench.ladder:ladder", "matches that a ladder saves, and how soon it places a newcomer"),
    "recording": ("arena.bench.storing:recording", "matches into the log, synced to the disk"),
    "leaderboard": ("arena.bench.storing:leaderboard", "whole processes that read a long log, and the help"),
    "overhead": ("arena.bench.seasons:overhead", "the share of a season outside games, networks and learning"),
    "workers": ("arena.bench.seasons:workers", "two workers against one"),
    "resume": ("arena.bench.seasons:resume", "how soon a killed season goes on"),
    "memory": ("arena.bench.memory:memory", "a season's peak by its length, and loaded checkpoints"),
    "programs": ("arena.bench.programs:programs", "a program's move: pipes, JSON and all but its own thoughts"),
    "minimax": ("arena.bench.foresight:minimax", "one answer of minimax by its depth"),
    "scaling": ("arena.bench.scaling:scaling", "cost by boards, by checkpoints, by matches"),
}
BENCHES = Registry("benchmark", {name: target for name, (target, _) in WORK.items()})
