#!/bin/sh
# Whether this container does its work: `healthy.sh web` or `healthy.sh heartbeat`.
set -eu

case ${1:-} in
    web)
        # The process answers. Whether the database does is /readyz, which no restart mends.
        exec python -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=4)' \
            "http://127.0.0.1:$PORT/healthz"
        ;;
    heartbeat)
        # Worker and beat touch this file every few seconds. Asking by `celery inspect ping` would
        # start Python and Celery each time, two seconds of a core, and would need the broker twice.
        age=$(($(date +%s) - $(stat -c %Y "$HEARTBEAT_FILE")))
        [ "$age" -lt 60 ] || { echo "no heartbeat for $age s" >&2; exit 1; }
        ;;
    *) echo "usage: $0 web|heartbeat" >&2 && exit 2 ;;
esac
