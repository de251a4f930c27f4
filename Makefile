# Everything runs from .venv, which `make` builds from requirements.lock (hashes, no addresses).
PYTHON ?= python3
BIN := .venv/bin
export REPO

.DEFAULT_GOAL := help
.PHONY: help venv lock lint format test properties jobs disturbed isolation browser client journey pictures embedded worlds clickhouse contract chaos peer-github peer-jira demo schema check-git bench bench-git bench-metrics bench-stores bench-jobs bench-merge bench-analytics bench-api bench-blame bench-providers bench-tenants clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

venv: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what requirements.lock names ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: venv ## resolve pyproject.toml into requirements.lock anew
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links --upgrade --extra embedded --extra dev --quiet \
		--output-file requirements.lock pyproject.toml

lint: venv ## ruff (format and rules) and mypy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: venv ## let ruff mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: venv ## the fast set, embedded services included, a process for each core (at most four)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

properties: venv ## every property seven times as often as the fast set; about six minutes
	$(BIN)/pytest -n auto --maxprocesses 4 --dist load -m hypothesis --hypothesis-profile patient

jobs: venv ## the service's units of work, committed and done: syncs, backfills, archives, migrations; five minutes
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m 'jobs and not (browser or journey or embedded or isolation or clickhouse)' tests

disturbed: venv ## the library's syncs and restamps cut anywhere, frozen and out of order; a minute
	$(BIN)/pytest -n auto --maxprocesses 4 --dist load -m 'disturbed and not clickhouse' tests/devhealth

isolation: venv ## globex asks every operation for all that acme has, and finds nothing; five minutes
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m '' tests/isolation

embedded: venv ## the demo and its servers, started, stopped and killed; three minutes
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m embedded tests/config

browser: venv ## pages, their scripts and a passkey in a real Chromium (Debian: apt-get install chromium)
	$(BIN)/pytest -m browser tests/apps/web

client: venv ## what dev-health-web is answered, beside our own API's numbers; a minute
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m client tests/apps/web/web_client

journey: venv .devhealth/journey/bin/python ## sign up, connect, choose, see, pay, fill in, in a real Chromium; judged by axe-core; a minute
	$(BIN)/pytest -m journey tests/journey

pictures: venv .devhealth/journey/bin/python ## the same, with its pictures into docs/journey
	DEVHEALTH_PICTURES=docs/journey $(BIN)/pytest -m journey tests/journey

.devhealth/journey/bin/python:
	@$(BIN)/python -m venv .devhealth/journey
	@.devhealth/journey/bin/pip install --quiet --disable-pip-version-check oidc-provider-mock==0.3.4 \
		axe-playwright-python==0.1.8

worlds: venv ## a made-up organisation, told, computed, and judged by what is expected of it, in every store; a minute
	$(BIN)/pytest -n auto --maxprocesses 4 --dist load -m worlds tests/devhealth/synthetic

clickhouse: venv ## what the fast set asks of the other stores, asked of ClickHouse; two minutes
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m 'clickhouse and not contract and not worlds' tests

contract: venv ## every store against the contract, 1,000 random questions each; about five minutes
	$(BIN)/pytest -n auto --maxprocesses 4 --dist load -m '' tests/devhealth/sinks --hypothesis-profile thorough

chaos: venv ## kill, freeze and cut off real processes, servers and all; ten minutes (STORE=clickhouse)
	$(BIN)/python -m tests.chaos $(if $(STORE),--store $(STORE))

peer-github: venv ## GitHub's own OpenAPI description as a peer, served by Node's prism (half a gigabyte of npm)
	@test -x .devhealth/peer-github/node_modules/.bin/prism || npm install --no-audit --no-fund --ignore-scripts \
		--prefix .devhealth/peer-github @octokit/openapi@23.0.2 @stoplight/prism-cli@5.16.0
	$(BIN)/pytest tests/openapi/github.py

peer-jira: venv ## a Jira that nobody here wrote: jira820 of PyPI, in an environment of its own
	@test -x .devhealth/peer-jira/bin/jira820 || { $(BIN)/python -m venv .devhealth/peer-jira && \
		.devhealth/peer-jira/bin/pip install --quiet --disable-pip-version-check jira820==0.12.0; }
	$(BIN)/pytest tests/jira820/peer.py

schema: venv ## write schema.graphql and openapi.json anew; refused where it would break who builds on them
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m config.schema_file

demo: venv ## the whole house on this machine (REPO=path, STORE=clickhouse, ONCE=1 asks once and stops)
	$(BIN)/dev-hops demo --repo "$(or $(REPO),.)" $(if $(STORE),--store $(STORE)) $(if $(ONCE),--once)

check-git: venv ## git itself judges the commit figures of REPO=path
	$(BIN)/python -m bench.check_git

bench: bench-git bench-metrics bench-stores bench-jobs bench-merge bench-analytics bench-api bench-blame bench-providers bench-tenants ## every bench, a JSON object a line

bench-git: venv ## git log against us, side by side (REPO=path, else a seeded repository)
	$(BIN)/python -m bench.git

bench-metrics: venv ## a year of metrics over a million file changes: in memory, then all of it in PostgreSQL
	$(BIN)/python -m bench.metrics
	$(BIN)/python -m bench.metrics_year

bench-stores: venv ## what the stores cost beside the leanest code that does the same
	$(BIN)/python -m bench.stores

bench-jobs: venv ## what a job costs beside its work, with much pending and many organisations
	$(BIN)/python -m bench.jobs

bench-analytics: venv ## what a batch of questions about measures costs, over GraphQL
	$(BIN)/python -m bench.analytics

bench-api: venv ## what who asks waits for: granian, eight clients, a year of 200 repositories
	$(BIN)/python -m bench.api

bench-merge: venv ## what two people who turn out to be one cost, in PostgreSQL
	$(BIN)/python -m bench.analytics_merge

bench-blame: venv ## blame beside plain git blame of the same files (REPO=path, else this and a seeded one)
	$(BIN)/python -m bench.blame

bench-providers: venv ## what asking a provider costs: requests, CPU, rate, memory; on the loopback peer
	$(BIN)/python -m bench.providers

bench-tenants: venv ## what a thousand organisations' schemas cost: made, migrated, entered, kept
	$(BIN)/python -m bench.tenants

clean: ## remove the virtual environment and the embedded services' data
	@test ! -x $(BIN)/python || $(BIN)/python -c 'from config import embedded; embedded.remove()'
	rm -rf .venv .devhealth *.egg-info build
