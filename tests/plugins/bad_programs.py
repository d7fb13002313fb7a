"""Programs that go wrong, each in its own way: `python bad_programs.py NAME`. They play on until they misbehave.

Standard library only, and nothing of ours: they run jailed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

WAYS = {}


def way(function):
    """A way to answer a move, by its name."""
    WAYS[function.__name__] = function
    return function


def write(text):
    data = text if isinstance(text, bytes) else text.encode()
    while data:
        data = data[os.write(1, data) :]


def say(**words):
    write(json.dumps(words) + "\n")


def play(message):
    say(id=message["id"], action=message["legal"][0])


def answer(action):
    """A way that gives an action as it is, in JSON or not."""
    return lambda message: write('{"id": "%s", "action": %s}\n' % (message["id"], action))  # noqa: UP031


def later(function):
    """Plays its first move as it should."""

    def plays(message):
        (function if message["step"] > 1 else play)(message)

    plays.__name__ = function.__name__
    return plays


def forever(function=lambda: time.sleep(10)):
    while True:
        function()


for name, action in {
    "nan": "NaN",
    "infinity": "-Infinity",
    "boolean": "true",
    "float": "0.0",
    "exponent": "1e0",
    "string": '"0"',
    "null": "null",
    "list_of_one": "[0]",
    "object": "{}",
    "negative": "-1",
    "out_of_range": "99",
    "beyond_64_bits": str(2**63),
    "three_hundred_digits": "1" + 300 * "0",
    "ten_thousand_digits": "1" * 10_000,
    "deep_action": 30_000 * "[" + 30_000 * "]",
}.items():
    WAYS[name] = answer(action)


@way
def no_action(message):
    say(id=message["id"])


@way
@later
def taken_field(message):
    say(id=message["id"], action=next(place for place in range(9) if place not in message["legal"]))


# Time


@way
def silent(message):
    forever()


@way
def deaf_to_signals(message):
    for each in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(each, signal.SIG_IGN)
    forever()


@way
def busy(message):
    forever(lambda: None)


@way
def drip(message):
    for letter in json.dumps({"id": message["id"], "action": 0}):
        write(letter)
        time.sleep(0.1)


@way
def late(message):
    time.sleep(1)
    play(message)


@way
def no_newline(message):
    write(json.dumps({"id": message["id"], "action": 0}))
    forever()


@way
def on_stderr(message):
    print(json.dumps({"id": message["id"], "action": 0}), file=sys.stderr, flush=True)


@way
def stopped(message):
    os.kill(os.getpid(), signal.SIGSTOP)


@way
def asleep_with_pipes_shut(message):
    os.close(0)
    forever()


# Words


@way
def chatter(message):
    forever(lambda: write("thinking ...\n"))


@way
def chatter_in_json(message):
    forever(lambda: say(type="info", depth=3))


@way
def blank_lines(message):
    forever(lambda: write("\n"))


@way
def endless_line(message):
    forever(lambda: write(65536 * b"x"))


@way
def gigabyte_of_digits(message):
    write('{"id": "%s", "action": 0' % message["id"])  # noqa: UP031
    forever(lambda: write(65536 * b"0"))


@way
def long_line(message):
    write(json.dumps({"id": message["id"], "action": 0, "why": 100_000 * "x"}) + "\n")


@way
def wrong_id(message):
    say(id="0123456789abcdef", action=0)


@way
def no_id(message):
    say(action=0)


@way
def numeric_id(message):
    say(id=int(message["id"], 16), action=0)


@way
def twice(message):
    play(message)
    play(message)


OLD = []


@way
def old_answer(message):
    OLD.append(message)
    play(OLD[0])


@way
def many_answers(message):
    write((json.dumps({"id": message["id"], "action": message["legal"][0]}) + "\n") * 500)


@way
def two_on_a_line(message):
    write((json.dumps({"id": message["id"], "action": 0}) * 2) + "\n")


@way
def deep(message):
    write(30_000 * "[" + 30_000 * "]" + "\n")


@way
def deep_object(message):
    write(10_000 * '{"id":' + "\n")


@way
def not_utf8(message):
    write(b'{"id": "\xff\xfe", "action": 0}\n')


@way
def zeros(message):
    write(b"\0\0\0\0\n")


@way
def python_words(message):
    write(f"{{'id': {message['id']!r}, 'action': 0}}\n")


@way
def cut_short(message):
    write('{"id": "%s", "act\n' % message["id"])  # noqa: UP031


@way
def array(message):
    write(json.dumps([message["id"], 0]) + "\n")


@way
def bare_number(message):
    write("0\n")


# Ends


@way
def exits(message):
    os._exit(0)


@way
@later
def exits_in_mid_game(message):
    os._exit(3)


@way
def raises(message):
    print(1 // 0)


@way
def segfault(message):
    os.kill(os.getpid(), signal.SIGSEGV)


@way
def kills_itself(message):
    os.kill(os.getpid(), signal.SIGKILL)


@way
def shuts_stdout(message):
    os.close(1)
    forever()


# Means


@way
def memory_bit_by_bit(message):
    hoard = []
    forever(lambda: hoard.append(bytearray(1 << 20)))


@way
def memory_at_once(message):
    bytearray(1 << 40)


@way
def stderr_flood(message):
    forever(lambda: os.write(2, 65536 * b"e"))


@way
def threads(message):
    forever(lambda: threading.Thread(target=forever, daemon=True).start())


@way
def headless(message):
    """Its first thread ends, and the kernel tells no more of its memory and its files."""
    libc = __import__("ctypes").CDLL(None)
    threading.Thread(target=lambda: (time.sleep(1), play(message), forever())).start()
    libc.syscall(60 if os.uname().machine == "x86_64" else 93, 0)


@way
def large_file(message):
    with open("large", "wb") as file:
        forever(lambda: file.write(1 << 20 and bytes(1 << 20)))


@way
def many_files(message):
    for number in range(10**7):
        open(f"file-{number}", "wb").close()
    forever()


@way
def files_without_names(message):
    """Deleted and held open: they take as much room as ever."""
    held = []
    for number in range(4):
        held.append(os.open(f"file-{number}", os.O_WRONLY | os.O_CREAT))
        os.unlink(f"file-{number}")
        os.truncate(held[-1], 60 << 20)
    forever()


@way
def forks(message):
    os.fork()
    play(message)


@way
def fork_bomb(message):
    for _ in range(400):
        if os.fork() == 0:
            forever()
    forever()


@way
def daemon(message):
    """Goes, and leaves somebody behind who holds the pipes."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            forever()
        os._exit(0)
    os._exit(0)


@way
def wild_daemon(message):
    """The same, and goes on itself."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3):
                os.close(descriptor)
            forever()
        os._exit(0)
    forever()


def leave_behind(count, work):
    """So many who are nobody's children."""
    for _ in range(count):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                work()
                forever()
            os._exit(0)
        os.wait()


@way
def daemons_that_eat(message):
    hoard = []
    leave_behind(3, lambda: hoard.append(bytearray(b"x") * (40 << 20)))
    forever()


@way
def many_daemons(message):
    leave_behind(300, lambda: None)
    forever()


@way
def hoppers(message):
    """Each is gone before anybody can end it, and somebody else goes on."""
    last = time.monotonic() + 20
    x86, call = os.uname().machine == "x86_64", __import__("ctypes").CDLL(None).syscall
    clone, leave = (56, 60) if x86 else (220, 93)  # as fast as Python can
    for _ in range(60):
        if os.fork() == 0:
            while time.monotonic() < last:
                if call(clone, 17, 0, 0, 0, 0):
                    call(leave, 0)
            os._exit(0)
    play(message)


@way
def socket(message):
    __import__("socket").socket()
    play(message)


@way
def subprocess(message):
    __import__("subprocess").run(["true"], check=True)
    play(message)


# Control: odd, and yet right


@way
def sound(message):
    play(message)


@way
def with_carriage_returns(message):
    write(json.dumps({"id": message["id"], "action": message["legal"][0]}) + "\r\n")


@way
def more_than_is_asked(message):
    say(comment={"depth": 3}, action=message["legal"][0], id=message["id"])


@way
def talkative_on_stderr(message):
    print(1000 * "so many thoughts ", file=sys.stderr, flush=True)
    play(message)


@way
def in_pieces(message):
    line = json.dumps({"id": message["id"], "action": message["legal"][0]}) + "\n"
    for start in range(0, len(line), 7):
        write(line[start : start + 7])


BOARD = 2


@way
def breaks_on_one_board(message):
    if message["board"] == BOARD and message["step"] > 1:
        os._exit(3)
    play(message)


@way
def hangs_on_one_board(message):
    if message["board"] == BOARD and message["step"] > 1:
        forever()
    play(message)


@way
def cheats_on_one_board(message):
    action = 99 if message["board"] == BOARD and message["step"] > 1 else message["legal"][0]
    say(id=message["id"], action=action)


GREETINGS = {
    "mute_from_the_start": forever,
    "gone_at_the_start": lambda: os._exit(1),
    "of_tomorrow": lambda: say(type="ready", protocol=2),
    "greets_with_a_move": lambda: say(id="0123456789abcdef", action=0),
    "greets_in_plain_words": lambda: write("hello\n"),
    "greets_twice": lambda: (say(type="ready", protocol=1), say(type="ready", protocol=1)),
    "too_early": lambda: (say(type="ready", protocol=1), say(id="0123456789abcdef", action=0)),
    "greets_in_company": lambda: say(type="ready", protocol=1) if os.fork() else forever(),
    "greets_without_end": lambda: forever(lambda: write(65536 * b"x")),
}


def main(name):
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            GREETINGS.get(name, lambda: say(type="ready", protocol=1))()
        elif message["type"] == "move":
            WAYS.get(name, play)(message)


if __name__ == "__main__":
    main(sys.argv[1])
