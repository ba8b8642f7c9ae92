# For fingers that know make: the same as micromesh and pulumi, for the stack ENV.
ENV ?= dev
OUT ?= rendered/$(ENV)

.PHONY: build diff apply

build: ## the stack's manifests, as YAML below OUT
	npx micromesh render --stack $(ENV) --out $(OUT)

diff: ## what `make apply` would change
	pulumi preview --diff --stack $(ENV)

apply: ## makes the cluster what the stack declares
	pulumi up --stack $(ENV)
