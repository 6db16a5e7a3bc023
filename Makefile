# The targets of people and of CI; `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test soak check lint fmt bench openapi doc clean

CARGO ?= cargo
# Where `make run` keeps its data.
DATA ?= ./data
# Further arguments of `make run`, and what `make bench` is to do.
ARGS ?=
# The tests that `make soak` runs, as a filter of nextest: those of packages with acceptance counts. Full disks and power
# loss (tests/e2e/volumes) need root, and fail without.
SOAK ?= package(domain) | package(event-log) | package(read-model) | package(ingest) | package(projector) | package(e2e)

# Runs a command with the path of a nats-server in its environment, fetching one where none is found.
WITH_NATS = set -euo pipefail; NATS_SERVER="$$(deploy/nats-server)"; export NATS_SERVER;

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start everything with the demo corpus in ./data (DATA=, ARGS=)
	@$(WITH_NATS) exec $(CARGO) run --locked --release --bin gainsay -- serve --demo --data "$(DATA)" $(ARGS)

# The programs are built too: whole-system tests start and kill real processes. They are built together with the tests,
# so that libraries have the same features for both and are compiled once.
test: ## Run every test at its small, seeded count
	@$(WITH_NATS) $(CARGO) build --locked --workspace --bins --tests; \
	filter='all()'; skip=(); \
	if ! why=$$(tests/tools/may-mount); then \
		filter='not (package(e2e) & test(/^volumes::/))'; skip=(--skip volumes::); \
	fi; \
	if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$(CARGO) nextest run --locked --workspace -E "$$filter"; \
		$(CARGO) test --locked --workspace --doc --quiet; \
	else \
		$(CARGO) test --locked --workspace -- "$${skip[@]}"; \
	fi; \
	if (( $${#skip[@]} )); then \
		echo "NOT RUN: full disks and power loss (tests/e2e/volumes), which only root may mount: $$why"; \
		echo "         sudo -E env PATH=\"\$$PATH\" make test   runs them too"; \
	fi

soak: ## Run the same tests at the acceptance counts, printing seeds and figures
	@$(WITH_NATS) export GAINSAY_SOAK=1; \
	$(CARGO) build --locked --release --workspace --bins --tests; \
	if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$(CARGO) nextest run --locked --release --profile soak --workspace -E '$(SOAK)'; \
	else \
		$(CARGO) test --locked --release --workspace -- --nocapture --test-threads 1; \
	fi

check: fmt lint test ## Format, lint and test: what a commit has passed

lint: ## Check format, lints and the arrows between crates
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	tests/tools/arrows --self-test
	tests/tools/arrows

fmt: ## Format the code
	$(CARGO) fmt --all

bench: ## Measure against bare peers, or one part of it (ARGS="boards --strict")
	@$(WITH_NATS) $(CARGO) build --locked --profile dist --package gainsay --package bench; \
	"$${CARGO_TARGET_DIR:-target}/dist/bench" $(ARGS)

openapi: ## Check openapi.json and what is served against it (needs PyPI; ARGS="--max-examples 200")
	@$(WITH_NATS) $(CARGO) build --locked --workspace --bins --tests; tests/tools/openapi-check \
		--gainsay "$${CARGO_TARGET_DIR:-target}/debug/gainsay" $(ARGS)

doc: ## Build the documentation, in target/doc
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

clean: ## Remove what was built or fetched, and no data
	$(CARGO) clean
	rm -rf .cache
