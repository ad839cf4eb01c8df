# syntax=docker/dockerfile:1

# Two images: `--target web` serves pages and runs beat, `--target worker` encodes and has
# TensorFlow. What each step does stands in deploy/image, where benchmarks/image.py runs the same.
#
# Packages come from where pip's settings say. Those of the machine that builds are lent for the
# step and kept in no layer: docker build --secret id=pip,src=$HOME/.config/pip/pip.conf
FROM python:3.12-slim AS base

WORKDIR /srv/niteru
COPY deploy/image deploy/image
RUN deploy/image/account.sh


FROM base AS web-packages

# What is optional, of requirements-NAME.txt: --build-arg EXTRAS="milvus onnx"
ARG EXTRAS=""
COPY bin/installer.py bin/
COPY constraints.txt requirements.txt requirements-*.txt ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf,required=false deploy/image/install.sh web


FROM web-packages AS worker-packages

RUN --mount=type=secret,id=pip,target=/etc/pip.conf,required=false deploy/image/install.sh worker \
    && deploy/image/finish.sh


FROM web-packages AS web-packages-alone

RUN deploy/image/finish.sh


FROM base AS site

COPY . .
RUN rm -r bin && deploy/image/site.sh .


# What both have in common. Nothing is written outside of the volume, /tmp and /dev/shm, so the root
# file system may be read-only. /tmp is memory then: what may grow large, such as uploads and the
# words that a model learns from, goes to the volume.
FROM base AS runtime

ENV PATH=/opt/niteru/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    DATA_DIR=/var/lib/niteru \
    TMPDIR=/var/lib/niteru/tmp \
    HEARTBEAT_FILE=/tmp/heartbeat
COPY --from=site /srv/niteru /srv/niteru
USER 10001:10001
VOLUME /var/lib/niteru
# gunicorn answers what it has begun; Celery takes nothing more and ends what it has in hand.
STOPSIGNAL SIGTERM


FROM runtime AS worker

COPY --from=worker-packages /opt/niteru /opt/niteru
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s \
    CMD ["/srv/niteru/deploy/image/healthy.sh", "heartbeat"]
CMD ["celery", "--app=config", "worker", "--queues=celery,bulk", "--concurrency=3", \
     "--max-memory-per-child=3145728", "--without-gossip", "--without-mingle", "--loglevel=INFO"]


# Last, so that it is what `docker build` makes unless told otherwise.
FROM runtime AS web

COPY --from=web-packages-alone /opt/niteru /opt/niteru
# gunicorn listens there on all addresses.
ENV PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["/srv/niteru/deploy/image/healthy.sh", "web"]
CMD ["gunicorn", "config.wsgi", "--workers=2", "--threads=4", "--access-logfile=-"]
