# glotmill: `make demo` and `make test` need Python 3.11, 3.12 or 3.13, make, and the package registry the first time.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements-build.lock requirements.lock
SPARK35_VENV := .venv-spark35
UV := uv==0.13.9
# No dependency is resolved here: the lock files name them all. Only pyspark comes as a source archive, and it is pure Python.
PIP_INSTALL := -m pip --disable-pip-version-check install -qq --no-input --no-deps --no-compile
FROM_LOCK := --require-hashes --only-binary :all: --no-binary pyspark --no-build-isolation --use-pep517
COMPILE := .venv-lock/bin/uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock' --quiet \
	$(foreach name,fasttext-predict fasttext-predict-v2 robust-downloader colorlog,--no-emit-package $(name)) $(if $(UPGRADE),--upgrade)

# Prints the first Python of the supported versions that can make a virtual environment.
define FIND_PYTHON
found=; \
for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
		found=$$python; \
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then break; fi; \
	fi; \
	python=; \
done; \
if [ -z "$$found" ]; then echo "make setup: Python 3.11, 3.12 or 3.13 is needed and none was found; name one with PYTHON=..." >&2; exit 1; fi; \
if [ -z "$$python" ]; then echo "make setup: $$found cannot make virtual environments; on Debian and Ubuntu: apt-get install $$(basename $$found)-venv" >&2; exit 1; fi
endef

.PHONY: help
help: ## Say what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/make \1|\2/' | column -t -s '|'

.PHONY: setup
setup: ## Make .venv with the command glotmill, from the lock files
	@if ! cat $(LOCKS) | cmp -s - $(VENV)/installed.lock; then \
		$(FIND_PYTHON); \
		echo "make setup: installing the locked packages into $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv --clear $(VENV); \
		$(BIN)/python $(PIP_INSTALL) $(FROM_LOCK) -r requirements-build.lock; \
		$(BIN)/python $(PIP_INSTALL) $(FROM_LOCK) -r requirements.lock; \
		cat $(LOCKS) > $(VENV)/installed.lock; \
	fi; \
	if ! cmp -s pyproject.toml $(VENV)/installed.toml; then \
		$(BIN)/python $(PIP_INSTALL) --no-index --no-build-isolation --editable .; \
		cp pyproject.toml $(VENV)/installed.toml; \
	fi

.PHONY: demo
demo: setup ## Train models on the shipped text, then curate the shipped archives into demo/corpus
	@$(BIN)/glotmill train-lm tests/data/text --output demo/models
	@$(BIN)/glotmill run glotmill tests/data/sample --output demo/corpus --language-models demo/models --overwrite

.PHONY: check
check: setup ## Lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Two processes, since those that need Spark wait for Java half the time; what they say comes last.
.PHONY: test
test: check ## Everything: checks, then all tests
	@mkdir -p build; status=0; \
	$(BIN)/pytest -m spark > build/spark_tests.txt 2>&1 & spark=$$!; \
	trap 'kill $$spark 2>/dev/null || true' EXIT; \
	$(BIN)/pytest -m "not spark" || status=$$?; \
	echo "make test: and those with Spark"; \
	wait $$spark || status=$$?; trap - EXIT; \
	cat build/spark_tests.txt; exit $$status

.PHONY: test-fast
test-fast: setup ## Tests that need no Spark and little time
	$(BIN)/pytest -m "not spark and not slow"

.PHONY: test-spark35
test-spark35: ## The end-to-end tests on the oldest supported line of Spark
	@if ! cat $(LOCKS) requirements-spark35.lock | cmp -s - $(SPARK35_VENV)/installed.lock; then \
		$(FIND_PYTHON); \
		echo "make test-spark35: installing the locked packages with the older Spark into $(SPARK35_VENV)"; \
		"$$python" -m venv --clear $(SPARK35_VENV); \
		$(SPARK35_VENV)/bin/python $(PIP_INSTALL) $(FROM_LOCK) -r requirements-build.lock; \
		awk '/^[a-z]/ { other = !/^(pyspark|py4j)==/ } other' requirements.lock > $(SPARK35_VENV)/requirements.lock; \
		$(SPARK35_VENV)/bin/python $(PIP_INSTALL) $(FROM_LOCK) -r $(SPARK35_VENV)/requirements.lock -r requirements-spark35.lock; \
		$(SPARK35_VENV)/bin/python $(PIP_INSTALL) --no-index --no-build-isolation --editable .; \
		cat $(LOCKS) requirements-spark35.lock > $(SPARK35_VENV)/installed.lock; \
	fi
	$(SPARK35_VENV)/bin/pytest -m e2e

LMPLZ_VENV := .venv-lmplz
KENLM_SHA256 := c4628bb9fb63c8a6f9240035b8b037385cfc404cb72e933cf48878291edac1e8

.PHONY: lmplz
lmplz: ## Build lmplz and build_binary into build/lmplz (needs a C++ compiler and Boost; put it on PATH)
	@if [ ! -x build/lmplz/lmplz ]; then \
		$(FIND_PYTHON); \
		"$$python" -m venv --clear $(LMPLZ_VENV); \
		$(LMPLZ_VENV)/bin/python $(PIP_INSTALL) 'setuptools>=75' wheel $$(command -v cmake >/dev/null || echo 'cmake>=3.25'); \
		rm -rf build/lmplz; mkdir -p build/lmplz/source; \
		printf 'kenlm==0.3.0 --hash=sha256:%s\n' $(KENLM_SHA256) > build/lmplz/requirements.txt; \
		$(LMPLZ_VENV)/bin/python -m pip --disable-pip-version-check download -qq --no-deps --no-build-isolation \
			--no-binary :all: --require-hashes -r build/lmplz/requirements.txt -d build/lmplz; \
		tar xzf build/lmplz/kenlm-0.3.0.tar.gz -C build/lmplz/source --strip-components 1; \
		PATH="$$PWD/$(LMPLZ_VENV)/bin:$$PATH"; \
		cmake -S build/lmplz/source -B build/lmplz/build -DCMAKE_POLICY_VERSION_MINIMUM=3.5 > build/lmplz/cmake.log 2>&1 \
			|| { tail -n 5 build/lmplz/cmake.log >&2; echo "make lmplz: Boost is needed; on Debian and Ubuntu: apt-get install libboost-all-dev" >&2; exit 1; }; \
		cmake --build build/lmplz/build --target lmplz build_binary -j > build/lmplz/make.log 2>&1 \
			|| { tail -n 20 build/lmplz/make.log >&2; exit 1; }; \
		cp build/lmplz/build/bin/lmplz build/lmplz/build/bin/build_binary build/lmplz/; \
	fi
	@echo "make lmplz: PATH=$$PWD/build/lmplz:\$$PATH makes them known to glotmill train-lm --lmplz and to the tests"

.PHONY: pyfiles
pyfiles: setup ## Build dist/glotmill.zip, the four packages for spark-submit --py-files
	@$(BIN)/python deploy/build_pyfiles.py dist/glotmill.zip

.PHONY: lock
lock: ## Write the lock files again from pyproject.toml; UPGRADE=1 takes the newest versions
	@if [ ! -x .venv-lock/bin/uv ]; then \
		$(FIND_PYTHON); \
		"$$python" -m venv --clear .venv-lock; \
		.venv-lock/bin/python $(PIP_INSTALL) $(UV); \
	fi
	@$(COMPILE) pyproject.toml --extra dev --group models --output-file requirements.lock
	@$(COMPILE) --group build --output-file requirements-build.lock
	@$(COMPILE) --group spark35 --output-file requirements-spark35.lock

.PHONY: clean
clean: ## Remove what was made, the environments too
	rm -rf .venv .venv-spark35 .venv-lock .venv-lmplz .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		build dist demo spark-warehouse metastore_db derby.log
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
