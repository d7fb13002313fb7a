"""System calls that a jailed program may make, with their numbers by architecture (x86_64, aarch64; - where it has none).

From the kernel's own lists, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.

Not among them, on purpose: sockets (but for pairs that stay inside), io_uring, which gets round any filter, memory that no
limit counts (memfd, System V), other processes (ptrace, pidfd, process_vm), mounts, namespaces, keys, BPF, and clone3 and
openat2, whose flags a filter cannot see: libraries then use clone and openat. Nor fallocate, which fills a disk between two
looks at what is used, and sendmsg, which hides open files on their way.

Modes, owners and times of files are not Landlock's to guard, and the length of one is only from its version 3 on: nothing
changes these by a path, or by a file that is only read. Libraries change modes and times wherever they copy a file, so they
are told that it was done.
"""

from __future__ import annotations

FORKING = ("fork", "vfork", "setsid", "setpgid")  # only for who may start processes; `clone` is looked at more closely
REFUSED = ("truncate",)  # listed all the same, so that it says so
PRETENDED = ("chmod", "fchmod", "fchmodat", "utimensat", "listxattr", "llistxattr", "flistxattr")  # answered with 0

_LISTED = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69, pwritev 296 70, preadv2
327 286, pwritev2 328 287, open 2 -, openat 257 56, close 3 57, close_range 436 436, stat 4 -, fstat 5 80, lstat 6 -,
newfstatat 262 79, statx 332 291, access 21 -, faccessat 269 48, faccessat2 439 439, readlink 89 -, readlinkat 267 78,
getdents 78 -, getdents64 217 61, lseek 8 62, dup 32 23, dup2 33 -, dup3 292 24, fcntl 72 25, ioctl 16 29, flock 73 32,
fsync 74 82, fdatasync 75 83, ftruncate 77 46, truncate 76 45, fadvise64 221 223, sendfile 40 71, copy_file_range 326
285, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35, rename 82 -, renameat 264 38, renameat2 316
276, link 86 -, linkat 265 37, symlink 88 -, symlinkat 266 36, chmod 90 -, fchmod 91 52, fchmodat 268 53, utimensat 280
88, listxattr 194 11, llistxattr 195 12, flistxattr 196 13,
umask 95 166, getcwd 79 17, chdir 80 49, fchdir 81 50, statfs 137 43, fstatfs 138 44, pipe 22 -, pipe2 293 59, poll
7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20, epoll_ctl 233 21, epoll_wait
232 -, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -, eventfd2 290 19, signalfd 282 -, signalfd4 289 74,
timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87, socketpair 53 199, sendto 44 206, recvfrom 45
207, recvmsg 47 212, shutdown 48 210, getsockopt 55 209, setsockopt 54 208, getsockname 51 204, getpeername 52 205,
mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, madvise 28 233, brk 12 214, msync 26 227, mincore 27 232,
mlock 149 228, munlock 150 229, mlock2 325 284, pkey_alloc 330 289, pkey_free 331 290, pkey_mprotect 329 288, membarrier
324 283, futex 202 98, futex_waitv 449 449, set_robust_list 273 99, get_robust_list 274 100, rseq 334 293,
set_tid_address 218 96, arch_prctl 158 -, prctl 157 167, sched_yield 24 124, sched_getaffinity 204 123,
sched_setaffinity 203 122, sched_getparam 143 121, sched_getscheduler 145 120, sched_get_priority_max 146 125,
sched_get_priority_min 147 126, getcpu 309 168, getpriority 140 141,
rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137,
rt_sigsuspend 130 133, sigaltstack 131 132, restart_syscall 219 128, pause 34 -, alarm 37 -, kill 62 129, tgkill 234
131, getitimer 36 102, setitimer 38 103, timer_create 222 107, timer_settime 223 110, timer_gettime 224 108,
timer_getoverrun 225 109, timer_delete 226 111, clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115,
nanosleep 35 101, gettimeofday 96 169, time 201 -, times 100 153, getrandom 318 278,
getpid 39 172, getppid 110 173, gettid 186 178, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177,
getresuid 118 148, getresgid 120 150, getgroups 115 158, getpgrp 111 -, getpgid 121 155, getsid 124 156, getrlimit 97
163, getrusage 98 165, prlimit64 302 261, sysinfo 99 179, uname 63 160, capget 125 90,
clone 56 220, execve 59 221, exit 60 93, exit_group 231 94, wait4 61 260, waitid 247 95, fork 57 -, vfork 58 -, setsid
112 157, setpgid 109 154
"""


def _read(listed: str) -> dict[str, tuple[int | None, int | None]]:
    entries = [entry.split() for entry in " ".join(listed.split()).split(", ")]
    return {name: (int(x86), None if arm == "-" else int(arm)) for name, x86, arm in entries}


TABLE = _read(_LISTED)
