# PatBench. `make` alone says what it can do.
STUDY ?= params/demo.yaml
PYTHON ?= $(or $(shell command -v python3.11),python3)
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# SHARE=2/10 as options of pytest-split: every tenth test from the second on, so that tests of a kind are dealt out.
SPLIT = $(if $(SHARE),--group $(subst /, --splits ,$(SHARE)) --splitting-algorithm least_duration)
# A file's tests share what it made, such as a whole study: they stay with one process.
BY_FILE = -n 2 --dist loadfile
export HF_HUB_DISABLE_TELEMETRY = 1
export PYTHONWARNINGS = ignore::DeprecationWarning

.DEFAULT_GOAL := help
.PHONY: help setup site manuscript why test browser test-slow test-cluster test-cluster-demo lint lab figures lock clean

help: ## print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'
	@echo '  STUDY=params/demo.yaml names the study that site, why and figures work on.'
	@echo '  SHARE=2/10 runs the second tenth of the slow tests; without it all are run.'

# The environment is made again only when the lock's content changes, not when a checkout touches it.
$(READY): requirements.lock
	@if [ "$$(cat $(READY) 2>/dev/null)" != "$$(cksum < requirements.lock)" ]; then ./tools/setup "$(PYTHON)" "$(VENV)" "$(TORCH)"; fi
	@cksum < requirements.lock > $(READY)

setup: $(READY) ## make .venv from requirements.lock

site: $(READY) ## run STUDY and render its site to _site/
	@$(BIN)/patbench site --study "$(STUDY)"

manuscript: $(READY) ## write the paper of STUDY as a Word document and as JATS; run `make site` first
	@$(BIN)/patbench manuscript --study "$(STUDY)"

why: $(READY) ## say what `make site` would run, and the reason of each step
	@$(BIN)/patbench why --study "$(STUDY)"

test: $(READY) ## run the tests, no network needed
	@HF_HUB_OFFLINE=1 $(BIN)/python -m pytest $(BY_FILE) -m "not slow and not cluster"

browser: ## bring what tests of pages in a browser need: axe-core, and on Debian as root Chromium
	@"$(PYTHON)" tools/browser .cache/axe

test-slow: $(READY) ## run the tests that take minutes, or a share of them
	@HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n 2 -m "slow and not cluster" $(SPLIT) $(SLOW)

test-cluster: $(READY) ## run a study on a SLURM of one node (root; Debian: slurm-wlm, munge; the extra `cluster`)
	@HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m "cluster and not slow"

test-cluster-demo: $(READY) ## run the demo there, from nothing, and hold it against `make site`'s
	@HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m "cluster and slow"

lint: $(READY) ## ruff, mypy and the notebooks' outputs
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/nbstripout --verify notebooks/*.ipynb

lab: $(READY) ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

figures: site ## refresh figures/, the map of notebooks/ and the README's results from STUDY
	@$(BIN)/patbench figures --study "$(STUDY)"
	@$(BIN)/patbench notebook-map --study "$(STUDY)"
	@$(BIN)/patbench readme --study "$(STUDY)"

lock: $(READY) ## resolve pyproject.toml anew into requirements.lock
	@./tools/lock "$(BIN)/uv"

clean: ## remove everything made, but not .venv
	@rm -rf build results _site .cache .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
