"""A bot for any game of the league, in Python's standard library: it draws among the legal moves, repeatably.

    arena register random-py 'process("python3 examples/bot.py")' --game connect_four

docs/protocol.md explains the messages. Put your own thoughts into `choose`.
"""

import json
import random
import sys

seeds = {}  # (board, seat) -> the match's private seed; one program plays many boards at once


def choose(message):
    """An action among `legal`. The same seed and step give the same move, so that a season can be repeated."""
    seed = seeds[message["board"], message["seat"]]
    return random.Random(f"{seed} {message['step']}").choice(message["legal"])


def say(**words):
    print(json.dumps(words), flush=True)  # without the flush it may stay in a buffer


for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        say(type="ready", protocol=1)
    elif message["type"] == "reset":
        seeds[message["board"], message["seat"]] = message["seed"]
    elif message["type"] == "move":
        say(id=message["id"], action=choose(message))
    elif message["type"] == "over":
        seeds.pop((message["board"], message["seat"]), None)
    # Anything else is of a later version: ignore it. What is for you to read goes to sys.stderr.
