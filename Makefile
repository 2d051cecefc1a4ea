# Every flow has one name, the same on a laptop and in CI.
VENV   ?= .venv
PYTHON ?= python3
HOST   ?= 127.0.0.1
PORT   ?= 5000
DATA   ?= ./data
BIN    := $(VENV)/bin
RUN    := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
RELEASE := $(VENV)-release/bin
LOCK   := requirements.lock

# Debian's programs that the tests and the benchmark drive for real.
PROGRAMS := apache2-utils iproute2 busybox-static ceph-common ceph-mon ceph-osd chromium containerd \
            curl docker-registry docker.io e2fsprogs fonts-noto-cjk jq ldap-utils \
            libfuse3-3 nginx openssl podman postgresql radosgw rpm runc skopeo slapd uidmap wrk

.DEFAULT_GOAL := help
.PHONY: help serve test check bench torture programs lock changelog clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(RUN) ## install into .venv and serve on port 5000 with data in ./data
	@$(BIN)/entrepot serve --data $(DATA) --host $(HOST) --port $(PORT)

test: $(DEV) programs check ## everything: install what the tests need, run them all (ARGS="tests/oci -k digest")
	$(BIN)/python -m pytest $(or $(ARGS),--numprocesses 2)

check: $(DEV) ## ruff, mypy and the floors, in seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV) programs ## measure against Debian's docker-registry, print the tables, keep them in docs/
	$(BIN)/python -m bench $(ARGS)

torture: $(DEV) programs ## power cuts, kills and a soak for hours, as root; keep the result in docs/torture.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group torture
	$(BIN)/python -m torture $(ARGS)

programs: ## install the Debian packages that are missing
	@scripts/programs $(PROGRAMS)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN): pyproject.toml $(LOCK) | $(BIN)/python
	@echo "installing Entrepot into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUN) pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

lock: $(RELEASE)/towncrier ## renew requirements.lock with the newest versions that fit together
	$(RELEASE)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --build-deps-for editable \
	    --output-file $(LOCK) pyproject.toml

changelog: $(RELEASE)/towncrier ## show the changelog of the next release, made from changelog.d
	@$(RELEASE)/towncrier build --draft --version "$$($(BIN)/entrepot --version | cut -d' ' -f2)"

$(RELEASE)/towncrier: pyproject.toml
	$(PYTHON) -m venv $(VENV)-release
	$(RELEASE)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(RELEASE)/python -m pip install --quiet --disable-pip-version-check --group release
	@touch $@

clean: ## remove the virtual environment and the caches, never the data
	rm -rf $(VENV) $(VENV)-release .mypy_cache .ruff_cache .pytest_cache .hypothesis
