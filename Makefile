# Everything here is a plain cargo command with its needs installed first; README.md lists them.
CARGO ?= cargo

.PHONY: help demo test lint doc bench bench-peers fuzz deps clean

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install what is missing (a C compiler for libzstd, libpcap's headers)
	@tools/install-needs

demo: deps ## Build, and trace the capture in testdata
	$(CARGO) build --release --package wiretrace
	target/release/wiretrace http -r testdata/demo.pcap

test: deps ## Run the whole suite: tests, doctests, examples, lints, docs, benches once
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) build --package wiretrace
	for crate in capture decode tcp http render content; do \
	  $(CARGO) check --quiet --package wiretrace-$$crate --examples || exit 1; \
	done
	$(CARGO) test --workspace --all-targets
	for example in urls by_hand; do \
	  test "$$($(CARGO) run --quiet --package wiretrace-pipeline --example $$example -- testdata/demo.pcap | \
	    wc -l)" -eq 37 || exit 1; \
	done
	$(CARGO) run --quiet --package wiretrace-capture --example count -- testdata/demo.pcap >/dev/null
	$(CARGO) run --quiet --package wiretrace-decode --example layers -- 1 0200000000010200000000020806 >/dev/null
	$(CARGO) run --quiet --package wiretrace-tcp --example streams >/dev/null
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' | \
	  $(CARGO) run --quiet --package wiretrace-http --example heads >/dev/null
	$(CARGO) test --workspace --doc
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

bench: deps ## Run the benches
	$(CARGO) build --release --package wiretrace
	$(CARGO) bench --package wiretrace-benches

bench-peers: deps ## Compare with other programs on captures of real load (as root); SCALE=10 is ten times as much
	$(CARGO) build --release --package wiretrace
	tools/bench-peers

SECONDS_EACH ?= 300
FUZZ_TARGETS = savefile frame fragments segments streams http1 websocket content pipeline packets
fuzz: deps ## Run each fuzz target for SECONDS_EACH seconds (needs nightly and cargo-fuzz)
	@for target in $(FUZZ_TARGETS); do \
	  echo "== $$target"; \
	  $(CARGO) +nightly fuzz run $$target -- -max_total_time=$(SECONDS_EACH) -timeout=10 -rss_limit_mb=2048 || exit 1; \
	done

clean: ## Remove what was built
	$(CARGO) clean
