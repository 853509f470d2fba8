# The commands of this project. `make help` lists them.
LAB := node lab/cli/lab.mjs
export CHECKPOINT_DISABLE := 1
export DISABLE_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup up down status synth test faults

help: ## show this
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

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

test: setup ## run all tests
	@__tests__/run.sh

faults: ## break things in the running lab and measure; ONLY=lb,db-primary RUNS=5 SEED=... MINUTES=60
	@$(LAB) exec -- npx tsx lab/scenarios/run.ts
