.DEFAULT_GOAL := help
.PHONY: help setup demo test mutants crash fuzz golden docs bench lint lock check-fresh clean

bin := .venv/bin
typed := xform xform_pytest.py host_prep

# tests and bench start thousands of processes; where no bytecode is kept, each would compile all that it imports
unexport PYTHONDONTWRITEBYTECODE

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## bring the system packages and .venv up to date (fast when they are)
	@tools/system
	@tools/venv

demo: setup ## run the tour of the whole flow
	@$(bin)/python examples/demo.py

test: setup lint ## lint, then run every test
	@$(bin)/python -m pytest -n 2 --dist loadgroup -p no:benchmark

mutants: setup ## alter every row of mappings/ovirt in every way; some test must fail each time
	@$(bin)/python -m tests.mutation

crash: setup ## kill host-prep and monitors, one at every step over 200 changes, three at any (`make test`: at some)
	@$(bin)/python -m tests.host_prep.crash
	@$(bin)/python -m tests.monitor.crash
	@$(bin)/python -m tests.monitor.sharing

fuzz: setup ## feed a reader whatever reaches new code (TARGET=..., SECONDS=...; tests/hard/targets.py has them)
	@$(bin)/python -m tests.hard.fuzz $(TARGET) --seconds $(or $(SECONDS),0)

golden: setup ## make the golden files, the stubs and expected messages anew
	@$(bin)/python -m pytest -n 0 -q -p no:benchmark --renew

docs: setup ## build the documentation, reference and API included, into build/docs
	@$(bin)/python -m sphinx -W --keep-going -n -q -d build/doctrees docs build/docs

# What is past its bound is measured once more: what else the machine did then is gone, what the code costs is not.
measure := $(bin)/python -m pytest bench -q -n 0 --benchmark-columns=min,median,rounds --benchmark-sort=name
bench: setup ## measure against the budgets, and against others that do the same
	@tools/peers
	@$(measure) || { echo 'once more, what was past its bound:'; $(measure) --last-failed; }

lint: setup ## check style and types
	@$(bin)/ruff check
	@$(bin)/ruff format --check
	@$(bin)/mypy $(typed)
	@$(bin)/mypy mappings/ovirt/plan

lock: ## renew requirements.lock
	@tools/lock

check-fresh: ## run demo and test on a fresh Debian (needs root; TARGETS=... for others)
	@tools/check-fresh $(TARGETS)

clean: ## remove .venv and everything else that is made
	rm -rf .venv build dist docs/reference .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
