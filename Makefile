# `make help` lists what can be made.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup browser demo train flink tensorboard test test-training test-runners runners check format lint types imports unit benchmark benchmark-training \
	protos template-metadata vendor lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY)  ## make .venv with everything installed
$(READY): pyproject.toml setup.py constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else \
		"Shardbox needs Python 3.11 to 3.13, and this is %d.%d: try make setup PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[beam,notebook,train,dev]'
	$(BIN)/python -m compileall -q $(VENV)/lib > /dev/null || true
	@touch $@

browser:  ## install Chromium for the tests of the report, which are left out without it (Debian's package)
	@command -v chromium > /dev/null || command -v chromium-browser > /dev/null || { \
		as_root="$$(test "$$(id -u)" = 0 || echo sudo) env DEBIAN_FRONTEND=noninteractive"; \
		$$as_root apt-get update -qq; \
		$$as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null; }

demo: setup  ## make a small set of pictures, a dataset of it, and a detector, and let it look at pictures
	rm -rf demo
	$(BIN)/python examples/make_shapes.py --output demo/voc --images 300
	$(BIN)/shardbox build --annotations demo/voc/Annotations --images demo/voc/JPEGImages --output demo/dataset
	$(MAKE) --no-print-directory train DATA=demo/dataset MODEL_DIR=demo/run CONFIG=configs/training/demo.yaml \
		SPLIT=test OUTPUT=demo/served/1
	$(BIN)/shardbox-train detect --model demo/served/1 --images 'demo/voc/JPEGImages/shapes-000*.jpg' --output demo/found

DATA ?= out
MODEL_DIR ?= runs/first
CONFIG ?= configs/training/small.yaml
OUTPUT ?= $(MODEL_DIR)/served/1
SPLIT ?=
SET ?=
train: setup  ## train a detector: DATA=out MODEL_DIR=runs/first [CONFIG=FILE] [SET="training.steps=2000 …"]
	$(BIN)/shardbox-train fit --data $(DATA) --model_dir $(MODEL_DIR) --config $(CONFIG) $(if $(SET),--set $(SET))
	$(BIN)/shardbox-train evaluate --data $(DATA) --model_dir $(MODEL_DIR) $(if $(SPLIT),--split $(SPLIT))
	$(BIN)/shardbox-train export --model_dir $(MODEL_DIR) --output $(OUTPUT) --overwrite

FLINK := build/flink
flink: setup  ## build the pictures of the demo on a Flink of its own, and verify the dataset (needs Java and Maven)
	rm -rf $(FLINK)
	$(BIN)/python examples/make_shapes.py --output $(FLINK)/voc --images 60
	job_server=$$($(BIN)/python deploy/runners/flink_job_server.py) && echo "job server: $$job_server" && \
	$(BIN)/shardbox build --config configs/dataset/voc.yaml configs/runners/flink_local.yaml \
		--annotations $(FLINK)/voc/Annotations --images $(FLINK)/voc/JPEGImages --output $(FLINK)/dataset \
		--flink_job_server_jar=$$job_server
	$(BIN)/shardbox verify $(FLINK)/dataset

tensorboard: setup  ## watch a run in the browser: MODEL_DIR=runs/first
	$(BIN)/tensorboard --host 127.0.0.1 --logdir $(MODEL_DIR)

test: check unit  ## setup, lint, types, imports and all tests

check: lint types imports  ## all that needs no test run

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

unit: setup
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-training: setup  ## the tests that train for a while, in one process and in several
	$(BIN)/python -m pytest -m training --durations 10

runners: setup  ## install what the tests of runners and stores need
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[beam,runners]'
	-@for name in flink_home flink_job_server prism azurite; do $(BIN)/python deploy/runners/$$name.py; done

test-runners: runners  ## the tests on other runners and on object stores; says what was run
	$(BIN)/python -m pytest -m runners --durations 10

format: setup  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: setup  ## measure speed and memory against the plain loop and a classic script, and what rows and looking cost
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/rows.py
	$(BIN)/python benchmarks/looking.py

protos: setup  ## generate the protobuf modules anew, for the oldest protobuf that is supported
	$(PYTHON) -m venv build/protoc
	build/protoc/bin/pip install --quiet 'grpcio-tools==1.74.*'
	build/protoc/bin/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. data_contract/*.proto trainer/export/*.proto

template-metadata: setup  ## write the parameters of Dataflow's flex template anew, from the command's flags
	$(BIN)/python docker/write_metadata.py

VENDOR := presentation/vendor
vendor:  ## fetch the libraries inside the report anew
	rm -rf build/vendor && mkdir -p build/vendor
	cd build/vendor && npm pack --silent chart.js@4.6.1 chartjs-chart-matrix@3.1.0
	for name in chart.js chartjs-chart-matrix; do \
		mkdir build/vendor/$$name && tar xzf build/vendor/$$name-[0-9]*.tgz -C build/vendor/$$name --strip-components 1; done
	sed '/sourceMappingURL/d' build/vendor/chart.js/dist/chart.umd.min.js > $(VENDOR)/chart.umd.min.js
	sed '/sourceMappingURL/d' build/vendor/chartjs-chart-matrix/dist/chartjs-chart-matrix.min.js > $(VENDOR)/chartjs-chart-matrix.min.js
	cp build/vendor/chart.js/LICENSE.md $(VENDOR)/chart.js-LICENSE.md
	cp build/vendor/chartjs-chart-matrix/LICENSE $(VENDOR)/chartjs-chart-matrix-LICENSE

lock: setup  ## resolve the versions in constraints.txt anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
		--extra beam --extra notebook --extra train --extra dev --extra runners pyproject.toml --output-file constraints.txt

clean:  ## remove what was made
	rm -rf $(VENV) build demo *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
