# Everything sets itself up: `make demo` and `make test` need Python 3.11+, git and make, and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# One more than there are processors: a third of the time of the tests is spent waiting for processes and sockets.
WORKERS = $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')

# Each test that starts a process would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test endurance check docs generate check-generated public-api bench fuzz mutants format clean

help: ## What there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## Trigger a build, follow its logs, wait, fetch its artifacts: against the simulator
	@$(BIN)/buildkite-ext run web --branch main --message "make demo" --artifacts 'dist/*.whl' --to wheels --simulate

test: $(VENV)/.dev ## All tests but the endurance tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

endurance: $(VENV)/.dev ## Load, killed workers, 100,000 webhooks over Redis; property tests with many more examples
	$(BIN)/python -m pytest tests/endurance -n 2 --dist loadfile
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m hypothesis --hypothesis-profile thorough

check: $(VENV)/.dev ## Lint, types, import directions, public names, the generated code and the spec
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/lint_spec.py
	$(BIN)/python scripts/generate.py --check
	$(BIN)/python scripts/reference.py --check
	$(BIN)/python scripts/reference_pages.py --check
	$(BIN)/python scripts/public_api.py --check
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/structure.py

docs: $(VENV)/.dev ## Build the documentation site into site/; a broken link fails
	$(BIN)/zensical build --clean --strict

generate: $(VENV)/.dev ## Compile spec/: generated/, the service bases, docs/operations.md and docs/reference/
	$(BIN)/python scripts/lint_spec.py
	$(BIN)/python scripts/generate.py
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/reference_pages.py

check-generated: $(VENV)/.dev ## Compare what is generated with what spec/ compiles to
	$(BIN)/python scripts/generate.py --check
	$(BIN)/python scripts/reference.py --check
	$(BIN)/python scripts/reference_pages.py --check

public-api: $(VENV)/.dev ## Write tests/public_api.txt, the snapshot of the public names and signatures
	$(BIN)/python scripts/public_api.py

bench: $(VENV)/.dev ## Beside what one would use instead, as ratios
	$(BIN)/python -m benchmarks

subjects ?=
mutants: $(VENV)/.mutants ## Change modules, one line at a time: do their tests notice? subjects="retry cache"
	nice $(BIN)/python scripts/mutants.py $(subjects)

seconds ?= 60
fuzz: $(VENV)/.fuzz ## Fuzz the webhooks' verify and parse, for seconds=60
	$(BIN)/python scripts/fuzz_webhooks.py --seconds $(seconds)

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what the other targets made
	rm -rf $(VENV) dist site wheels .cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "buildkite-ext needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	@$(PIP) install --quiet --editable '.[cli,server]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	@echo "Installing what development needs …"
	@$(PIP) install --quiet --upgrade 'pip>=25.1'
	@$(PIP) install --quiet --editable '.[cli,server,redis]' --group dev
	@touch $@ $(VENV)/.demo

$(VENV)/.fuzz: $(VENV)/.dev
	@$(PIP) install --quiet --group fuzz
	@touch $@

$(VENV)/.mutants: $(VENV)/.dev
	@$(PIP) install --quiet --group mutants
	@touch $@
