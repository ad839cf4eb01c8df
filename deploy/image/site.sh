#!/bin/sh
# Compile the site's own modules: `site.sh FOLDER`.
#
# By content and unchecked: copying from stage to stage changes times, and a file that can't be
# written to never differs from what was compiled.
set -eu

cd "$1"
python3 -m compileall -q --invalidation-mode unchecked-hash config catalog search gunicorn.conf.py
