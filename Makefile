# make grade · make check · make test · make bench · make release A=binary_mlp · make data
# Every target sets up the environment first, in .venv, if it is missing or older than the lock file.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
ASSIGNMENTS := $(patsubst tests/%/assignment.toml,%,$(wildcard tests/*/assignment.toml))
A ?= $(ASSIGNMENTS)
OUT ?= out
SCALE ?= 10000

.PHONY: grade check test bench release setup stubs fixtures data clean

grade: $(VENV)/.graders
	@began=$$(date +%s); \
	for a in $(A); do $(PY) grader.py grade $$a fixtures/$$a/submissions --out $(OUT)/$$a $(if $(SEED),--seed $(SEED)) || exit $$?; \
	 $(PY) grader.py report $(OUT)/$$a || exit $$?; done; \
	took=$$(($$(date +%s) - began)); echo "In all ($(strip $(A))): $$((took / 60)) min $$((took % 60)) s"

check: $(VENV)/.developers
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) grader.py stubs --check
	$(PY) grader.py fixtures --check
	$(PY) -m pytest tests/harness -q

test: $(VENV)/.graders
	@for a in $(A); do $(PY) grader.py test $$a $(if $(Q),--only $(Q)) $(if $(STRICT),--strict) || exit $$?; done

bench: $(VENV)/.developers
	$(PY) -m benchmarks.isolation
	$(PY) -m benchmarks.convolution
	$(PY) -m benchmarks.scale --most $(SCALE)
	$(PY) -m benchmarks.report

release: $(VENV)/.graders
	@for a in $(A); do $(PY) grader.py release $$a || exit $$?; done

setup: $(VENV)/.graders

stubs fixtures: $(VENV)/.graders
	$(PY) grader.py $@

data: $(VENV)/.graders
	$(PY) reference/cifar_mlp/get_data.py --to data

clean:
	rm -rf $(VENV) $(OUT) release

$(VENV)/.graders: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	 { echo "Backmark needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || \
	 { rm -rf $(VENV); echo "No environment could be made. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 2; }
	@echo "Installing what requirements.lock names into $(VENV) (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.developers: requirements-dev.lock $(VENV)/.graders
	@echo "Installing what requirements-dev.lock names into $(VENV) (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
