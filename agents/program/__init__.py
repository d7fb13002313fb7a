"""Programs as agents: what stands between the league and somebody's executable.

wire      the words: requests and answers as JSON lines            docs/protocol.md
command   the command line, read before anything runs
child     a running program, its pipes and its deadline
keeper    the process between: it limits, watches and ends the program and all that it has started
jail      what a program may touch, and how sure that is on this machine
"""
