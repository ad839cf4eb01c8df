#!/bin/sh
# Take from the environment what only installing needs. Packages were compiled as they were
# installed (deploy/image/install.sh): on a read-only file system they can't be later.
set -eu

venv=${NITERU_VENV:-/opt/niteru}
for package in uv setuptools pip; do
    "$venv/bin/python" -m pip --disable-pip-version-check --quiet uninstall --yes "$package"
done
