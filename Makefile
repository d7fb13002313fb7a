# `make season` sets up and runs a league season; `make test` sets up and runs the tests. Nothing else is needed first.
PYTHON ?= python3
BIN    := .venv/bin
ARENA  := $(BIN)/arena

.PHONY: season test lint bench campaign clean

# A starter league on Connect Four: two learners, two anchors. Typed again, it goes on with the next season.
season: .venv/installed
	@$(ARENA) register ppo ppo --game connect_four --if-exists skip
	@$(ARENA) register dqn dqn --game connect_four --if-exists skip
	@$(ARENA) register uniform uniform --game connect_four --role anchor --if-exists skip
	@$(ARENA) register minimax-2 'minimax(depth=2)' --game connect_four --role anchor --if-exists skip
	@$(ARENA) season run --game connect_four --workers 2

test: .venv/installed-test
	$(BIN)/pytest -n 2

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The long fault campaign: a hundred kills, each followed by a resume.
campaign: .venv/installed-test
	$(BIN)/pytest -m campaign -s

# What everything costs, beside the peers that are installed: minutes. Their extra is `bench`.
bench: .venv/installed-test
	$(ARENA) bench run

clean:
	rm -rf .venv

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/installed-test: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@
