# syntax=docker/dockerfile:1
#
# The trainer with TensorFlow's own CUDA libraries; the machine brings the driver (deploy/kubernetes/training):
#
#   docker build -f docker/trainer.Dockerfile -t IMAGE .

FROM python:3.11-slim-bookworm
WORKDIR /opt/shardbox
COPY constraints.txt pyproject.toml setup.py README.md ./
COPY beam_pipelines beam_pipelines
COPY data_contract data_contract
COPY presentation presentation
COPY trainer trainer
RUN pip install --no-cache-dir --constraint constraints.txt '.[train]' 'tensorflow[and-cuda]' && pip check
COPY configs configs
USER 10001:10001
ENV HOME=/tmp
ENTRYPOINT ["shardbox-train"]
CMD ["--help"]
