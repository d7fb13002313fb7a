"""A UCI engine in a page, for tests: it plays the first move that python-chess lists, until it is told to misbehave.

python engine.py [MOOD] [--log FILE]
"""

from __future__ import annotations

import random
import subprocess
import sys
import time

import chess


def position(words: list[str]) -> chess.Board:
    start = words.index("moves") if "moves" in words else len(words)
    board = chess.Board() if words[1] == "startpos" else chess.Board(" ".join(words[2:start]))
    for move in words[start + 1 :]:
        board.push_uci(move)
    return board


def say(text: str) -> None:
    print(text, flush=True)


def main(mood: str = "", *rest: str) -> None:
    log = open(rest[1], "a") if rest else None  # noqa: SIM115  (open until it ends)
    board, asked, wits = chess.Board(), 0, "1"
    for line in sys.stdin:
        words = line.split()
        if log:
            print(line, end="", file=log, flush=True)
        if words == ["uci"]:
            if mood == "mute":
                time.sleep(3600)
            while mood == "options":
                print(f"option name {asked} type string default {900 * 'x'}")
                asked += 1
            say("id name Page\noption name Wits type spin default 1 min 0 max 9")
            say("option name Sly type check default false\nuciok")
        elif words == ["isready"]:
            say("readyok")
        elif words[:3] == ["setoption", "name", "Wits"]:
            wits = words[4]
        elif words[:1] == ["position"]:
            board = position(words)
        elif words[:1] == ["go"]:
            asked += 1
            if asked > 2 or mood in ("silent", "garbage", "illegal", "noisy"):
                misbehave(mood)
            if wits == "7":
                say("info string ERROR: seven wits are too many\ninfo string ERROR: so it ends")
                sys.exit(1)
            if mood == "odd":
                sys.stdout.buffer.write(b"\xff\xfe\n")
            moves = list(board.legal_moves)
            move = random.choice(moves) if mood == "lots" else moves[0]
            say(f"bestmove {move.uci()}" + " ponder nothing" * (mood == "odd"))
        elif words == ["quit"]:
            if mood != "stays":
                return
            time.sleep(3600)


def misbehave(mood: str) -> None:
    """From the third move on, or at once."""
    if mood == "dies":
        sys.exit(3)
    if mood == "silent":
        time.sleep(3600)
    if mood == "noisy":
        while True:
            say("info string still thinking")
            time.sleep(0.01)
    if mood == "garbage":
        say("bestmove castle!")
    if mood == "illegal":
        say("bestmove a1a8")
    if mood == "endless":
        while True:
            print(end=4096 * "x")
    if mood == "hungry":
        hoard = []
        while True:
            hoard.append(bytearray(1 << 20))
    if mood == "parent":
        subprocess.Popen(["sleep", "3600"])


if __name__ == "__main__":
    main(*sys.argv[1:])
