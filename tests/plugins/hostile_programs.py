"""Programs that try to get out: `python hostile_programs.py PROBE ARGUMENT`. What a probe got hold of is its move.

The argument is in hex, since a file that a command names is one that the program is meant to read.

A probe that succeeds plays action 0, one that is stopped plays action 1. Where nobody stops it, each must succeed, or it
would show nothing. Standard library only: they run jailed.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
PROBES = {}


def probe(function):
    """A way out, by its name: an exception, or False, is that it was stopped."""
    PROBES[function.__name__] = function
    return function


def call(number, *arguments):
    """A system call, for which there may be no function; True where it was carried out."""
    done = libc.syscall(number, *arguments)
    if done < 0:
        raise OSError(ctypes.get_errno(), "")
    return True


def reaches_the_kernel(number, *arguments):
    """Whether a system call gets as far as the kernel, which may have its own reasons against it. The filter's word is that
    there is no such call."""
    try:
        return call(number, *arguments)
    except OSError as error:
        return error.errno != errno.ENOSYS


def status():
    with open("/proc/self/status") as file:
        return file.read()


X86 = os.uname().machine == "x86_64"


def number(x86, arm):
    return x86 if X86 else arm


# Files


@probe
def reads_the_league(path):
    return bool(open(path, "rb").read(16))


@probe
def reads_a_neighbours_secret(path):
    return bool(open(path, "rb").read(16))


@probe
def reads_passwords(_):
    return bool(open("/etc/passwd").read(16))


@probe
def lists_the_home(_):
    import pwd

    return bool(os.listdir(pwd.getpwuid(os.getuid()).pw_dir or "/root") or True)


@probe
def reads_the_leagues_environment(_):
    return bool(open(f"/proc/{os.getppid()}/environ", "rb").read(1) or True)


@probe
def looks_at_another_process(victim):
    return bool(open(f"/proc/{victim}/cmdline", "rb").read(1))


@probe
def follows_a_link_out(path):
    os.symlink(path, "link")
    return bool(open("link", "rb").read(16))


@probe
def links_a_secret_into_reach(path):
    os.link(path, "hard")
    return bool(open("hard", "rb").read(16))


@probe
def writes_beside_itself(_):
    open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "mark"), "w").close()
    return True


@probe
def writes_to_tmp(_):
    name = f"/tmp/escaped-{os.getpid()}"
    open(name, "w").close()
    os.unlink(name)
    return True


@probe
def writes_to_shared_memory(_):
    name = f"/dev/shm/escaped-{os.getpid()}"
    open(name, "w").close()
    os.unlink(name)
    return True


@probe
def deletes_a_neighbours_file(path):
    os.unlink(path)
    return True


@probe
def appends_to_a_neighbours_file(path):
    with open(path, "ab") as file:
        return file.write(b"x") == 1


@probe
def changes_a_neighbours_mode(path):
    os.chmod(path, 0o777)  # it may be told that it was done
    return os.stat(path).st_mode & 0o777 == 0o777


@probe
def opens_a_neighbours_folder(path):
    os.chmod(os.path.dirname(path), 0o777)
    return os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o777


@probe
def changes_its_own_mode(_):
    """By a file that it may read, and no more."""
    with open(__file__) as file:
        os.fchmod(file.fileno(), 0o666)
        return os.fstat(file.fileno()).st_mode & 0o777 == 0o666


@probe
def changes_a_neighbours_times(path):
    os.utime(path, (1, 1))
    return os.stat(path).st_mtime == 1


@probe
def changes_its_own_times(_):
    with open(__file__) as file:
        os.utime(file.fileno(), (1, 1))
        return os.fstat(file.fileno()).st_mtime == 1


@probe
def changes_a_neighbours_owner(path):
    os.chown(path, os.getuid(), os.getgid())
    return True


@probe
def marks_a_neighbours_file(path):
    os.setxattr(path, "user.mark", b"x")
    return True


@probe
def sets_flags_of_its_own_file(_):
    """By a file that it may read, and no more: FS_IOC_SETFLAGS."""
    import fcntl

    with open(__file__) as file:
        flags = fcntl.ioctl(file, 0x80086601, bytes(8))
        fcntl.ioctl(file, 0x40086602, flags)
    return True


@probe
def leases_its_own_file(_):
    """Whoever wants to write to it waits."""
    import fcntl

    with open(__file__) as file:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    return True


@probe
def opens_a_file_to_cut_it(path):
    """Landlock's first two versions do not see it, since nothing is opened for writing."""
    os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))
    return True


@probe
def opens_a_file_for_nothing_to_cut_it(path):
    os.close(os.open(path, os.O_ACCMODE | os.O_TRUNC))
    return True


@probe
def opens_past_the_filter(path):
    """openat2, whose flags lie where no filter looks."""
    import struct

    return reaches_the_kernel(437, -100, path.encode(), struct.pack("QQQ", os.O_TRUNC, 0, 0), 24)


@probe
def fills_the_disk_at_once(_):
    with open("full", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 1 << 20)
    return True


@probe
def hides_a_file_on_its_way(_):
    """A descriptor that was sent and not received is nobody's."""
    one, _other = socket.socketpair()
    with open(__file__) as file:
        return socket.send_fds(one, [b"x"], [file.fileno()]) == 1


@probe
def truncates_a_neighbours_file(path):
    os.truncate(path, 0)
    return True


@probe
def uses_a_descriptor_left_open(_):
    """Beyond the three, a program may have only what it opened itself."""
    for descriptor in range(3, 64):
        try:
            os.fstat(descriptor)
            return True
        except OSError:
            pass
    return False


# Network


@probe
def connects(port):
    socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
    return True


@probe
def listens(_):
    with socket.socket() as ears:
        ears.bind(("127.0.0.1", 0))
        ears.listen()
    return True


@probe
def sends_a_datagram(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"secret", ("127.0.0.1", int(port))) > 0


@probe
def asks_a_name(_):
    """Of the machine's name service, whether there is one or not: it is asked in vain only where no socket is to be had."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        return asker.fileno() >= 0


@probe
def talks_to_a_local_service(path):
    with socket.socket(socket.AF_UNIX) as talker:
        talker.connect(path)
    return True


@probe
def sends_past_a_pair(path):
    """A datagram socket of a pair may be sent from to anywhere."""
    one, _other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return one.sendto(b"secret", path) > 0


@probe
def io_uring(_):
    return reaches_the_kernel(425, 8, ctypes.create_string_buffer(120))


# Other processes


@probe
def forks(_):
    if os.fork() == 0:
        os._exit(0)
    return True


@probe
def spawns(_):
    return subprocess.run(["/bin/true"], check=True).returncode == 0


@probe
def clones_in_a_new_namespace(_):
    born = libc.syscall(number(56, 220), 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if born == 0:
        os._exit(0)
    return born > 0


@probe
def hides_its_open_files_from_the_rest(_):
    """close_range with CLOSE_RANGE_UNSHARE: a thread that has a table of its own."""
    return call(436, 900, 901, 2)


@probe
def clone3(_):
    return reaches_the_kernel(435, ctypes.create_string_buffer(88), 8)


@probe
def kills_a_neighbour(victim):
    os.kill(int(victim), signal.SIGTERM)
    return True


@probe
def kills_its_keeper(_):
    os.kill(os.getppid(), 0)
    return os.getppid() > 1 or kills_a_neighbour(1)


@probe
def kills_everybody(_):
    os.kill(-1, 0)
    return True


@probe
def signals_by_pidfd(victim):
    return call(434, int(victim), 0)


@probe
def signals_by_fcntl(victim):
    import fcntl

    read, _ = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETOWN, int(victim))
    return True


@probe
def traces_a_neighbour(victim):
    return reaches_the_kernel(number(101, 117), 16, int(victim), 0, 0)


@probe
def reads_a_neighbours_memory(victim):
    return reaches_the_kernel(number(310, 270), int(victim), 0, 0, 0, 0, 0)


@probe
def lowers_a_neighbours_limits(victim):
    import resource

    resource.prlimit(int(victim), resource.RLIMIT_CORE)
    return True


@probe
def outlives_its_keeper(_):
    return libc.prctl(1, 0, 0, 0, 0) == 0


@probe
def hides_its_open_files(_):
    return libc.prctl(4, 0, 0, 0, 0) == 0


# The kernel


@probe
def unshares(_):
    return reaches_the_kernel(number(272, 97), 0)


@probe
def mounts(_):
    return reaches_the_kernel(number(165, 40), None, None, None, 0, 0)


@probe
def changes_root(_):
    return reaches_the_kernel(number(161, 51), b"/nowhere")


@probe
def raises_its_limits(_):
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    return True


@probe
def has_capabilities(_):
    return "CapEff:\t0000000000000000" not in status()


@probe
def may_gain_privileges(_):
    return "NoNewPrivs:\t1" not in status() or "Seccomp:\t2" not in status()


@probe
def hides_memory(_):
    return os.memfd_create("hidden") >= 0


@probe
def shares_memory(_):
    return reaches_the_kernel(number(29, 194), 0, 0, 0)


@probe
def keys(_):
    return reaches_the_kernel(number(250, 219), 0, -3, 1)


@probe
def bpf(_):
    return reaches_the_kernel(number(321, 280), 0, ctypes.create_string_buffer(72), 72)


@probe
def perf(_):
    return reaches_the_kernel(number(298, 241), ctypes.create_string_buffer(128), 0, -1, -1, 0)


@probe
def types_on_the_terminal(_):
    """Where there is a terminal. That stdin is none is the kernel's word, not the jail's."""
    import fcntl

    try:
        fcntl.ioctl(0, 0x5412, b"x")
    except OSError as error:
        return error.errno == errno.ENOTTY
    return True


@probe
def old_system_calls(_):
    """On x86 a second table of calls lies behind a bit of the number."""
    return call(0x40000000 + 39)


@probe
def sees_the_leagues_environment_variables(_):
    return "ARENA_SECRET" in os.environ or any("SECRET" in value for value in os.environ.values())


# What a program may do, so that a jail that stops everything is seen


@probe
def reads_its_own_folder(_):
    return bool(open(__file__).read(10)) and bool(os.listdir(os.path.dirname(os.path.abspath(__file__))))


@probe
def writes_to_its_scratch_folder(_):
    os.mkdir("folder")
    with open("folder/notes", "w") as file:
        file.write("thoughts")
    os.rename("folder/notes", "folder/more")
    return open("folder/more").read() == "thoughts" and os.environ["TMPDIR"] == os.getcwd() == os.environ["HOME"]


@probe
def copies_files(_):
    """Modes and times do not go with them, and nothing fails."""
    import pathlib
    import shutil

    shutil.copy(__file__, "copy")
    shutil.copy2(__file__, "twin")
    pathlib.Path("twin").touch()
    pathlib.Path("copy").chmod(0o600)
    return pathlib.Path("copy").read_bytes() == pathlib.Path("twin").read_bytes()


@probe
def starts_a_thread(_):
    done = []
    thread = threading.Thread(target=done.append, args=(1,))
    thread.start()
    thread.join()
    return done == [1]


@probe
def imports_much(_):
    import asyncio
    import sqlite3
    import ssl
    import tempfile

    asyncio.new_event_loop().close()
    with tempfile.TemporaryFile() as file:
        return bool(file.write(b"x") and ssl.OPENSSL_VERSION and sqlite3.sqlite_version)


@probe
def draws_random_bytes(_):
    return len(os.urandom(8)) == 8 and bool(open("/dev/urandom", "rb").read(4))


def main(name, argument):
    try:
        action = 0 if PROBES[name](argument) else 1
    except (OSError, ImportError, KeyError, ValueError) as stopped:
        print(f"stopped: {stopped!r}", file=sys.stderr)
        action = 1
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            print(json.dumps({"type": "ready", "protocol": 1}), flush=True)
        elif message["type"] == "move":
            print(json.dumps({"id": message["id"], "action": action}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], bytes.fromhex(sys.argv[2]).decode())
