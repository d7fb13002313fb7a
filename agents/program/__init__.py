"""Programs as agents: what stands between the league and somebody's executable.

wire      the words: requests and answers as JSON lines (docs/protocol.md)
command   the command line, read before anything runs
child     a running program, its pipes and its deadline
plan      what is to be run, and how it ended
keeper    the process between: it watches the program, and ends it with all that it has started
descent   a process and its descendants: what they use, and their end
launch    how a process becomes the program
jail      what a program may touch, and how sure that is on this machine; landlock, seccomp and syscalls are its tools
"""
