#!/bin/sh
# Bring the database and the volume to this version; safe to repeat, and while others run.
set -eu

mkdir -p "$TMPDIR"
# What was cut off left behind here.
find "$TMPDIR" -mindepth 1 -mtime +1 -delete
python manage.py migrate
python manage.py collectstatic --noinput
