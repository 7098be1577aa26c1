# `make demo` and `make test` do all the set-up there is. Everything else is for people who change the project.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
OUT ?= demo
PLANS = hackney-2015 haringey-2013 havering-2017 tower-hamlets-2017
# The source documents are the user's own; tests that need them look here.
CSPGRAPH_SOURCES ?= $(wildcard ../shared/sources)
export CSPGRAPH_SOURCES
.DEFAULT_GOAL := help
.PHONY: help setup demo test browser lint fmt evidence coverage-of-sources questions docs fuzz test-slow test-remote test-faults test-spark bench bench-full bench-check bench-startup bench-rules bench-pages bench-exchange lock clean

help:            ## what the targets are
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 27

setup: $(VENV)/core  ## cspgraph itself, in .venv

$(VENV)/core: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/docs: requirements-docs.lock $(VENV)/core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

$(VENV)-spark/ready: requirements-spark.lock pyproject.toml
	@test -x $(VENV)-spark/bin/python || $(PYTHON) -m venv $(VENV)-spark
	$(VENV)-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	$(VENV)-spark/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

browser:         ## Chromium, for the browser tests (Debian, as root)
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing chromium"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	else echo "there is no Chromium: the browser tests will be skipped"; fi

demo: $(VENV)/core  ## load the bundled plans; write a page and a Turtle file; say what was found
	@mkdir -p $(OUT)
	@echo "What was loaded:" && $(BIN)/cspgraph list
	@for plan in $(PLANS); do $(BIN)/cspgraph view overview --plan $$plan --quiet --to $(OUT)/$$plan.html; done
	@for view in governance partners gaps money; do $(BIN)/cspgraph view $$view --quiet --to $(OUT)/$$view.html; done
	@$(BIN)/cspgraph report --quiet --to $(OUT)/paper.html
	@$(BIN)/cspgraph export --quiet --to $(OUT)/plans.ttl
	@$(BIN)/cspgraph gaps --format md --quiet > $(OUT)/gaps.md
	@echo && echo "What the plans leave out (all of it: $(OUT)/gaps.md, or cspgraph gaps):" && $(BIN)/cspgraph gaps --count
	@echo && echo "Pages to look at:   $(CURDIR)/$(OUT)/governance.html (who answers to whom), and a plan at a glance:"
	@for plan in $(PLANS); do echo "                    $(CURDIR)/$(OUT)/$$plan.html"; done
	@echo "A paper to read:    $(CURDIR)/$(OUT)/paper.html"
	@echo "The graph as RDF:   $(CURDIR)/$(OUT)/plans.ttl"
	@echo "What to try next:   $(BIN)/cspgraph depends \"Violence Against Women and Girls Strategy\""

test: $(VENV)/dev $(VENV)/docs browser lint  ## the tests, browser included, on every core
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(VENV)/dev  ## ruff, mypy, and the form of the bundled plans
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary
	$(BIN)/cspgraph fmt --check --quiet data

fmt: $(VENV)/dev  ## put code and plans into their canonical form
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .
	$(BIN)/cspgraph fmt data

evidence: $(VENV)/core  ## look every cited passage up in the source documents
	$(BIN)/cspgraph evidence --audit --sources "$(CSPGRAPH_SOURCES)"

coverage-of-sources: $(VENV)/core  ## the lines of the source documents that nothing cites
	$(BIN)/cspgraph evidence --rest --sources "$(CSPGRAPH_SOURCES)"

questions: $(VENV)/core  ## compute docs/questions.md
	$(BIN)/python -m tests.questions_page > docs/questions.md

docs: $(VENV)/docs  ## the documentation as a web site, in docs/_build/html
	$(BIN)/python -m sphinx -q -W --keep-going -n -b html docs docs/_build/html
	@echo "Open $(CURDIR)/docs/_build/html/index.html"

fuzz: $(VENV)/dev  ## ten thousand mutated plan files and queries (minutes)
	CSPGRAPH_FUZZ=10000 $(BIN)/python -m pytest tests/test_fuzz.py

test-slow: $(VENV)/dev  ## the wheel elsewhere, the oldest libraries, writers killed sixty times, every page in both colours
	$(BIN)/python -m pytest -m slow

test-faults: $(VENV)/dev  ## writers killed a hundred times, full disks, clocks that jump (minutes; as root also a disk of its own)
	$(BIN)/python -m pytest -m "slow or not slow" tests/test_faults.py

test-remote: $(VENV)/dev  ## endpoints: two real servers, every question on both, lines that break (needs oxigraph, virtuoso-t)
	$(BIN)/python -m pytest -m "slow or not slow" tests/test_remote*.py tests/test_virtuoso.py

test-spark: $(VENV)-spark/ready  ## a Spark cluster of two workers, one of which is killed (minutes; needs Java 17)
	$(VENV)-spark/bin/python -m pytest -m spark tests/test_spark.py

# Peers that cspgraph itself does not need; one that is not installed is named as absent.
$(VENV)/bench: $(VENV)/dev $(wildcard requirements-bench.lock)
	@test ! -f requirements-bench.lock || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

bench: $(VENV)/bench  ## cspgraph and its peers on 20 thousand and a million generated triples (minutes)
	$(BIN)/python -m benchmarks.run --sizes 20k,1m --to bench.json

bench-full: $(VENV)/bench  ## the same with 10 and 47 million, and the tables of docs/benchmarks.md made anew (two hours; what was cut is gone on with)
	SECONDS=$(or $(SECONDS),300) $(BIN)/python -m benchmarks.run --sizes 20k,1m,10m,47m --resume --to bench.json
	$(BIN)/python -m benchmarks.report bench.json

bench-check: $(VENV)/bench  ## fails where a ratio to a peer is a fifth worse than the one kept (minutes)
	$(BIN)/python -m benchmarks.run --sizes 20k,1m --check

bench-startup: $(VENV)/dev  ## how long commands take to start, against `import typer`
	$(BIN)/python benchmarks/startup.py

bench-rules: $(VENV)/dev  ## how long each rule and question takes on ten million triples (minutes)
	$(BIN)/python benchmarks/rules.py

bench-pages: $(VENV)/dev browser  ## how long pages take to stand, and how large they are, beside plain pyvis (minutes)
	PYTHONPATH=. $(BIN)/python benchmarks/pages.py

bench-exchange: $(VENV)/dev  ## what every format of export, report and import costs, for the plans and for twenty times as much (an hour)
	PYTHONPATH=. $(BIN)/python benchmarks/exchange.py

PIN = uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11
EXTRAS = --extra office --extra notebooks --extra zstd
lock:            ## pin again: needs uv
	$(PIN) --group pyproject.toml:build pyproject.toml -o requirements.lock
	$(PIN) --extra office pyproject.toml -c requirements.lock -o requirements-office.lock
	$(PIN) $(EXTRAS) --group pyproject.toml:dev pyproject.toml -c requirements-office.lock -c requirements.lock -o requirements-dev.lock
	$(PIN) --extra spark --group pyproject.toml:build --group pyproject.toml:test-spark pyproject.toml -c requirements.lock -o requirements-spark.lock
	$(PIN) --group pyproject.toml:docs pyproject.toml -c requirements.lock -o requirements-docs.lock
	$(PIN) --group pyproject.toml:bench pyproject.toml -c requirements-dev.lock -c requirements.lock -o requirements-bench.lock

clean:           ## take away what was made
	rm -rf $(VENV) $(VENV)-spark $(OUT) bench.json build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
