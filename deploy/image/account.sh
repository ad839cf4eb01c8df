#!/bin/sh
# The account that everything runs as, and the one folder that it may write to.
set -eu

groupadd --gid 10001 niteru
useradd --uid 10001 --gid niteru --no-create-home --home-dir /tmp --shell /usr/sbin/nologin niteru
install -d -o niteru -g niteru -m 0750 /var/lib/niteru /var/lib/niteru/tmp
