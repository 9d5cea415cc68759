# Wentong 文统. `make` alone lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: help setup demo up down test lint clean lock

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

setup: ## create or refresh .venv (instant when nothing changed)
	@deploy/setup.sh

demo: setup ## the sample county from the shared folder to the milestone table, then stop
	@$(BIN)/wentong demo

up: setup ## run the whole site on this machine until Ctrl-C
	@$(BIN)/wentong up

down: setup ## stop a running site
	@$(BIN)/wentong down

test: setup lint ## everything that must hold: lint and all tests
	@deploy/test-tools.sh
	$(BIN)/pytest tests/e2e
	$(BIN)/pytest --ignore tests/e2e --numprocesses 2 --dist loadfile

lint: setup ## ruff, mypy, sqlfluff
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/sqlfluff lint include/sql

clean: ## delete .venv, caches and the demo's site; var/site, which holds your data, stays
	@if [ -x $(BIN)/wentong ]; then $(BIN)/wentong down; fi
	rm -rf .venv var/demo build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@if [ -d var/site ]; then echo "var/site is kept: it holds the site's data. Delete it yourself if you mean to."; fi

lock: setup ## resolve the dependencies of pyproject.toml anew into requirements*.txt
	$(COMPILE) --upgrade pyproject.toml -o requirements.txt
	$(COMPILE) --upgrade --group dev -c requirements.txt -o requirements-dev.txt
	$(COMPILE) --upgrade --group bootstrap -o requirements-bootstrap.txt
