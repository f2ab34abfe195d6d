# Turnup. `make` lists what there is; README.md tells the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .turnup/venv/bin
LOCAL := go run ./internal/local
# what `sam build` hands to the Go compiler; -s leaves symbol tables out, no version stamp keeps unchanged functions unchanged,
# grpcnotrace leaves gRPC's trace pages out, whose templates would keep every method of every client
export CGO_ENABLED := 0
export SAM_CLI_TELEMETRY := 0
BUILD_FLAGS := -trimpath -buildvcs=false -ldflags=-s -tags=lambda.norpc,grpcnotrace
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.1
TEMPL := github.com/a-h/templ/cmd/templ@v0.3.977
STRIPE_MOCK := github.com/stripe/stripe-mock@v0.203.0
# packages whose tests share the local cloud: one at a time, or they wait for each other
ON_CLOUD := turnup/internal/(chaos(/network)?|journey|restore|store)
# those of them that play against deployed functions: these are other programs, in which the race detector of a test sees nothing
PLAYED := turnup/internal/(chaos(/network)?|journey)
# loads the addresses that the local cloud's runner wrote for a stack
with = set -a; . .turnup/$(1)/env; set +a;

help: ## lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: go
go:
	@command -v go >/dev/null || { echo "This machine lacks Go 1.26 or newer: install it and run this again."; exit 1; }

run: go ## sets up, starts the local cloud, deploys, plays the purchase, leaves everything up
	@$(LOCAL) up
	@$(call with,dev) go run ./internal/journey/play

down: ## ends what `make run` started; its state is kept
	@$(LOCAL) down

clean: ## ends it and forgets its state
	@$(LOCAL) clean
	@$(LOCAL) clean -stack test

test: go lint ## runs everything there is: lint, unit, store, journey and architecture tests
	@command -v cc >/dev/null || { echo "The race detector needs a C compiler: install gcc or clang, then run make test again."; exit 1; }
	@mkdir -p .turnup/bin && GOBIN=$(CURDIR)/.turnup/bin go install $(STRIPE_MOCK)
	@$(LOCAL) up -stack test
	@$(call with,test) export STRIPE_MOCK_BIN=$(CURDIR)/.turnup/bin/stripe-mock CGO_ENABLED=1; \
		go test -race -count=1 -timeout 20m $$(go list ./... | grep -vxE '$(ON_CLOUD)'); result=$$?; \
		go test -race -count=1 -p 1 -timeout 30m $$(go list ./... | grep -xE '$(ON_CLOUD)' | grep -vxE '$(PLAYED)') || result=1; \
		go test -count=1 -p 1 -timeout 30m $$(go list ./... | grep -xE '$(PLAYED)') || result=1; $(LOCAL) down -stack test >/dev/null; exit $$result

lint: ## formatting, go vet, staticcheck, sam validate --lint
	@unformatted=$$(gofmt -l functions internal); [ -z "$$unformatted" ] || { echo "gofmt these: $$unformatted"; exit 1; }
	@go vet ./...
	@go run $(STATICCHECK) ./...
	@$(LOCAL) tools
	@$(VENV)/sam validate --lint --template template.yaml --region us-east-1

journeys: ## plays the journeys against ENDPOINT (deploy-local first)
	@grep -qs "^TURNUP_ENDPOINT=$(ENDPOINT)$$" .turnup/endpoint/env || { echo "Deploy there first: make deploy-local ENDPOINT=$(or $(ENDPOINT),http://…)"; exit 1; }
	@$(call with,endpoint) go run ./internal/journey/play

deploy-local: ## deploys to ENDPOINT, any AWS-compatible address (LocalStack, another MiniStack)
	@[ -n "$(ENDPOINT)" ] || { echo "Say where: make deploy-local ENDPOINT=http://localhost:4566"; exit 1; }
	@$(LOCAL) deploy -endpoint $(ENDPOINT)

deploy: ## deploys to AWS by samconfig.toml: make deploy ENV=dev or ENV=prod
	@$(LOCAL) tools
	GOFLAGS="$(BUILD_FLAGS)" $(VENV)/sam build
	$(VENV)/sam deploy --config-env $(or $(ENV),dev)

openapi: ## prints the OpenAPI 3.1 document
	@go run ./internal/api/reference/print openapi

postman: ## writes turnup.postman_collection.json, which runs the purchase
	@go run ./internal/api/reference/print postman turnup.postman_collection.json

bench: ## measures calls, units, hot keys, ticks, sizes and starts against their bars
	@CROWD=full go test -count=1 -v -run TestACrowdIsPaced ./internal/consumer/renewals
	@$(LOCAL) up -stack test
	@$(call with,test) go run ./internal/bench; result=$$?; $(LOCAL) down -stack test; exit $$result

chaos: ## fails every call of the journeys in every way, and looks whether the books still agree
	@$(LOCAL) up -stack test
	@$(call with,test) CHAOS=full go test -count=1 -p 1 -timeout 90m -v ./internal/chaos/...; result=$$?; $(LOCAL) down -stack test >/dev/null; exit $$result

docs: ## writes the generated pages and mail templates anew
	@go run $(TEMPL) generate -path internal/domain/notice
	@go run ./internal/check/generate

.PHONY: help run down clean test lint journeys deploy-local deploy openapi postman bench chaos docs
