# The commands of this project. `make help` lists them.
LAB := node lab/cli/lab.mjs
export CHECKPOINT_DISABLE := 1
export DISABLE_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup up down status synth check test test-all faults bench

help: ## show this
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: ## install what this machine lacks
	@lab/setup.sh

up: setup ## start the lab, deploy the platform to it, show it
	@$(LAB) up
	@$(LAB) deploy
	@$(LAB) status

down: ## remove the lab and all that is in it
	@$(LAB) down

status: ## show address, machines and roles
	@$(LAB) status

synth: ## write the Terraform configuration to cdktf.out; needs neither root nor the lab
	@lab/setup.sh node
	@npx cdktf synth

check: ## types, lint and fast tests; needs neither root nor the lab
	@lab/setup.sh node
	@__tests__/run.sh check

test: setup ## that, and on a lab of its own each capability and the most telling faults
	@__tests__/run.sh test

test-all: setup ## everything, for hours; run again, it goes on where it ended
	@__tests__/run.sh all

faults: ## break things in the running lab and measure; ONLY=lb,db-primary RUNS=5 SEED=... MINUTES=60 KEEP=1
	@$(LAB) exec -- npx tsx lab/scenarios/run.ts

bench: ## speed of the chain on loopback, beside a plain one and Caddy, and of the application; EACH=3 seconds for each round, KEEP=1
	@lab/setup.sh bench
	@SECONDS_EACH=$(or $(EACH),3) KEEP=$(KEEP) npx tsx __tests__/benchmarks/chain/run.ts
	@SECONDS_EACH=$(or $(EACH),3) KEEP=$(KEEP) npx tsx __tests__/benchmarks/app/run.ts
	@KEEP=$(KEEP) npx tsx __tests__/benchmarks/haproxy-connections.ts 4000
