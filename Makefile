# make serve   sets everything up, and serves the fake with a bundled scenario
# make test    sets everything up, and runs the tests
# make check   runs all that CI runs
# make update  locks the newest versions of all dependencies
# make verify  compares the fake with Copr: the latest builds, without changing anything
# make newest  runs the tests with versions that are not locked: pre-releases, and the oldest allowed
# They need only python3 and make. They repeat the setup only when pyproject.toml or the locked versions have changed.

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 5000

NOX := $(BIN)/nox --download-python never --no-error-on-missing-interpreters

.PHONY: serve test newest newest-stable verify report-differences update check coverage slow conditions fuzz attack mutants lint format docs names bench bench-short pythons wheel release image tag-is-version push-image address clean

# Every installation uses the locked versions, and checks their hashes. The path must not depend on where the checkout is,
# as uv splits it at spaces.
LOCK := constraints/locked.txt
export UV_CONSTRAINT := $(LOCK)
export UV_BUILD_CONSTRAINT := $(LOCK)

# Without cached bytecode each of the processes that the tests start would compile everything again.
export PYTHONDONTWRITEBYTECODE :=

serve: .venv/serve.stamp
	$(BIN)/copr-chroot-fake serve --port $(PORT) $(SCENARIO)

# One more than there are processors, as some tests wait for a timer or for another program.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

test: .venv/develop.stamp
	@echo 'Running the tests, which takes about 70 seconds on two cores.'
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -p no:schemathesis -m 'not slow'

# Independent steps run at the same time; the benchmarks run alone at the end.
check: .venv/docs.stamp .venv/plot.stamp
	@echo 'Checking everything, which takes about 25 minutes on two cores.'
	$(MAKE) --jobs=2 --output-sync=target lint docs build/packit
	$(MAKE) coverage
	$(MAKE) slow
	$(MAKE) conditions
	$(MAKE) --jobs=2 --output-sync=target wheel pythons image
	$(MAKE) newest-stable
	$(MAKE) bench-short

# The same tests, which must cover every line and branch of the core, and this share of the rest; what needs a broker, a
# browser or another program is covered by the slow tests.
CORE := copr_chroot_fake/model/*,copr_chroot_fake/engine/*,copr_chroot_fake/wire/*,copr_chroot_fake/api/*,copr_chroot_fake/dispatch.py
coverage: .venv/develop.stamp
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal -p no:schemathesis -m 'not slow'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='$(CORE)' --fail-under=100
	$(BIN)/coverage report --omit='$(CORE)' --fail-under=95

# The tests that are left out above, and those that try only a twentieth of their examples or cases there, with all of them, and
# with other examples each time. The seed is in the command that make prints; make slow SEED=1 repeats a run with it.
SEED := $(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))
slow: .venv/develop.stamp build/packit
	COPR_FAKE_EXAMPLES=1 $(BIN)/pytest --hypothesis-profile random --hypothesis-seed $(SEED) \
	  -n $(WORKERS) --dist worksteal -m 'slow or sampled'

# The tests of `make test` where little is as on the machine of a developer.
conditions: .venv/develop.stamp
	.ci/conditions -q -n $(WORKERS) --dist worksteal -p no:schemathesis -m 'not slow'

# See docs/testing.md.
TARGET ?= requests
SECONDS ?= 300
fuzz: .venv/fuzz.stamp
	$(BIN)/python -m tests.fuzz $(TARGET) $(SECONDS)

# Clients without regard for a server; ATTACK='--requests 10000 --tls' sends fewer requests, over TLS.
ATTACK ?=
attack: .venv/develop.stamp
	$(BIN)/python -m tests.attack $(ATTACK)

# Mutants of the given modules, or of the core, which takes an hour or two.
MODULES ?= copr_chroot_fake*
mutants: .venv/mutants.stamp
	COPR_FAKE_ADAPTERS=answer COPR_FAKE_EXAMPLES=0.03 $(BIN)/mutmut run '$(MODULES)'
	$(BIN)/mutmut results

lint: .venv/develop.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/develop.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# First the schemas and pages that are generated from the code, and are committed; then the site of all pages, in
# build/site. A warning is an error.
docs: .venv/docs.stamp
	$(BIN)/python -m docs.make_endpoint_names > .venv/generated && mv .venv/generated copr_chroot_fake/wire/endpoint_name.py
	$(BIN)/python -m docs.make_endpoints > docs/reference/endpoints.md
	$(BIN)/python -m docs.make_attributes > docs/reference/attributes.md
	$(BIN)/python -m docs.make_scenario_schema > .venv/generated && mv .venv/generated copr_chroot_fake/scenario/schema.json
	$(BIN)/python -m docs.make_openapi > .venv/generated && mv .venv/generated copr_chroot_fake/control/openapi.json
	$(BIN)/python -m docs.make_states > docs/states.md
	$(BIN)/python -m docs.draw_states > docs/states.svg
	$(BIN)/python -m docs.make_control > docs/reference/control.md
	$(BIN)/python -m docs.make_control_examples > docs/reference/control-examples.md
	$(BIN)/sphinx-build --fresh-env --fail-on-warning --keep-going --quiet --doctree-dir build/doctrees -c docs . build/site
	$(BIN)/sphinx-build --quiet -b man --doctree-dir build/doctrees -c docs . build/man
	grep -v Docutils build/man/copr-chroot-fake.1 > docs/copr-chroot-fake.1
	@ls build/site/index.html

# The list of every public name, which shows a reviewer what has changed.
names: .venv/develop.stamp
	$(BIN)/python -m tests.public_names > .venv/public_names.txt
	mv .venv/public_names.txt tests/

bench: .venv/bench.stamp
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.comparison

bench-short: .venv/plot.stamp
	$(BIN)/python -m benchmarks --short

# The tests that depend on versions, with the oldest and the locked ones of the dependencies, on the Pythons that are
# installed; at the end nox says which Pythons are left out.
pythons: pythons-oldest pythons-locked
pythons-%: .venv/develop.stamp
	$(NOX) --session tests --keywords $*

# Only reads; prints the report to build/verify.txt, too. The status is 1 if anything differs.
verify: .venv/develop.stamp
	mkdir -p build
	.venv/bin/copr-chroot-fake verify --latest 10 > build/verify.txt; status=$$?; cat build/verify.txt; exit $$status

DIFFERENCES = The fake differs from Copr

# Opens an issue with the report of `make verify`, or updates it; needs GitHub's command gh.
report-differences:
	test -s build/verify.txt
	{ echo '```'; head -c 60000 build/verify.txt; echo '```'; } > build/verify.md
	number=$$(gh issue list --search '"$(DIFFERENCES)" in:title' --json number --jq '.[0].number'); \
	if [ -n "$$number" ]; then gh issue edit "$$number" --body-file build/verify.md; \
	else gh issue create --title '$(DIFFERENCES)' --body-file build/verify.md; fi

# All tests with the newest versions of all dependencies, pre-releases included; the others with the oldest ones.
newest: .venv/develop.stamp
	$(NOX) --session newest --keywords prerelease
	$(NOX) --session tests --keywords oldest

# What the newest versions of the dependencies of the kit itself break is printed, and fails nothing.
newest-stable: .venv/develop.stamp
	$(NOX) --session newest --keywords stable || echo 'The newest versions break the tests that are listed above.'

# Tests from the sdist that can depend on how the package is installed, each extra and start page by itself, and whether a
# second build is the same.
wheel: .venv/develop.stamp
	$(BIN)/nox --session wheel extras release

# What is uploaded to PyPI, in build/dist; the licenses of the dependencies and a bill of materials, in build.
release: docs
	$(BIN)/nox --session release

# The container image, if there is a program that builds images.
BUILDER := $(firstword $(shell command -v podman docker))
image:
ifdef BUILDER
	$(BUILDER) build --tag copr-chroot-fake --file Containerfile .
else
	@echo 'There is neither podman nor docker: no image is built.'
endif

# What the workflow of a release runs. TAG must be the version with a v before it.
tag-is-version: .venv/serve.stamp
	test '$(TAG)' = "v$$($(BIN)/copr-chroot-fake --version | grep --only-matching '[0-9][^ ]*$$')"

push-image:
	$(BUILDER) build --tag '$(IMAGE)' --file Containerfile .
	$(BUILDER) push '$(IMAGE)'

# Write the address of the repository everywhere it belongs: make address URL=https://github.com/OWNER/copr-chroot-fake
address: .venv/bin/python
	$(BIN)/python -m docs.set_address '$(URL)'

clean:
	rm -rf .nox .venv build mutants

# The newest versions of everything in pyproject.toml for all Pythons, and the oldest ones of the kit's dependencies for
# the first and the last Python; with hashes, and without the address of any registry.
COMPILE := UV_CONSTRAINT= UV_BUILD_CONSTRAINT= $(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --all-extras
update: .venv/bin/uv
	$(COMPILE) --generate-hashes --universal --python-version 3.10 --group all --output-file $(LOCK) pyproject.toml
	$(MAKE) constraints/oldest-3.10.txt constraints/oldest-3.14.txt

# The lower bounds, or the first versions after them with a wheel for this Python; copr-messaging has no wheels. Then what
# these and the tests need.
constraints/oldest-%.txt: $(LOCK)
	$(COMPILE) --no-deps --resolution lowest-direct --only-binary :all: --no-binary copr-messaging \
	  --python-version $* --output-file .venv/oldest-$*.txt pyproject.toml
	$(COMPILE) --generate-hashes --python-version $* --group test --group build \
	  --constraint .venv/oldest-$*.txt --output-file $@ pyproject.toml

# A program that the tests run, if it is there. Its dependencies need a C compiler and the headers of Kerberos.
build/packit: pyproject.toml $(LOCK) | .venv/bin/uv
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) $@
	$(BIN)/uv pip install --quiet --python $@ --group packit
	touch $@

.venv/bin/python:
	$(PYTHON) -m venv .venv

# It reads the hashes of packages that pip would have to build, and installs several times as fast.
.venv/bin/uv: $(LOCK) | .venv/bin/python
	sed -n '/^uv==/,/[^\\]$$/p' $(LOCK) > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.txt
	touch $@

INSTALL := $(BIN)/uv pip install --quiet --python .venv
.venv/serve.stamp: pyproject.toml $(LOCK) | .venv/bin/uv
	$(INSTALL) --editable '.[server]'
	touch $@

.venv/develop.stamp: pyproject.toml $(LOCK) | .venv/bin/uv
	$(INSTALL) --editable '.[all]' --group dev
	touch $@ .venv/serve.stamp

.venv/%.stamp: .venv/develop.stamp
	$(INSTALL) --group $*
	touch $@
