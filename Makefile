# The handful of things that one does here. Each makes .venv where it is missing or out of date.

PYTHON ?= python3
BIN := .venv/bin
SIZE ?= ci
SAME := HYPOTHESIS_PROFILE=ci

.PHONY: demo test check slow bench reliability fix clean packages

demo: .venv/made ## a post office in a folder of its own, from first message to archive
	PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh

test: .venv/made packages ## every test, fast and slow
	$(SAME) $(BIN)/pytest -q -n 2 --randomly-seed=1 --left-behind -m "not slow and not nightly"
	$(SAME) $(BIN)/pytest -q -n 3 --randomly-seed=1 --dist loadfile -m "slow and not nightly"

check: .venv/made ## what must be green before a commit; under a minute
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 -m "not slow and not nightly"

slow: .venv/made packages ## only the tests that start real processes or wait for a clock
	HYPOTHESIS_PROFILE=search $(BIN)/pytest -q -n 2 --dist loadfile -m "slow and not nightly"

bench: .venv/bench ## what things cost, as ratios in one run
	$(BIN)/python -m bench

reliability: .venv/made packages ## kill, fill the disk, race: SIZE=ci or SIZE=nightly
	$(BIN)/python tests/reliability.py --size $(SIZE)

fix: .venv/made ## let ruff repair what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## everything that the targets above made
	rm -rf .venv build dist .coverage .coverage.* .hypothesis .import_linter_cache \
	    .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	.ci/ensure-packages

.venv/made: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -e '.[dev]'
	touch $@

.venv/bench: .venv/made ## beside what is measured, the queues that it is compared with
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -e '.[bench]'
	touch $@
