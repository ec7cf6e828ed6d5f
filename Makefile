.DEFAULT_GOAL := help
.PHONY: help setup demo test crash golden bench lint lock check-fresh clean

bin := .venv/bin
typed := xform xform_pytest.py host_prep

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## bring the system packages and .venv up to date (fast when they are)
	@tools/system
	@tools/venv

demo: setup ## run the tour of the whole flow
	@$(bin)/python examples/demo.py

test: setup lint ## lint, then run every test
	@$(bin)/python -m pytest -n 2 --dist loadgroup -p no:benchmark

crash: setup ## kill host-prep, and a monitor over 200 changes, at every step that they take (`make test`: at some)
	@$(bin)/python -m tests.host_prep.crash
	@$(bin)/python -m tests.monitor.crash

golden: setup ## make the golden files, the stubs and expected messages anew
	@$(bin)/python -m pytest -n 0 -q -p no:benchmark --renew

bench: setup ## measure against the budgets, and against others that do the same
	@tools/peers
	@$(bin)/python -m pytest bench -q -n 0 --benchmark-columns=min,median,rounds --benchmark-sort=name

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
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
