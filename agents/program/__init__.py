"""Programs as agents: what stands between the league and somebody's executable.

wire      the words: requests and answers as JSON lines (docs/protocol.md)
command   the command line, read before anything runs
turn      one call of `act`: who waits, what was answered, who is at fault
strikes   how often a program had to be ended, and when it gets no other chance
child     a running program, its pipes and its deadline
leash     what the league holds of its keeper
plan      what is to be run, and how it ended
keeper    the process between: it watches the program, and ends it with all that it has started
guard     what stands behind the keeper, and tidies up after one that was killed
descent   a process and its descendants: what they use, and their end
scratch   the folder that a program may write to, and how full it is
launch    how a process becomes the program
jail      what a program may touch, and how sure that is on this machine; landlock, seccomp and syscalls are its tools
"""
