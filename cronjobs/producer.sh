#!/bin/sh
# producer.sh: the producer, for cron. Options are handed on; the environment and the proxy are start.sh's.
cronjobs=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=cronjobs/start.sh
. "$cronjobs/start.sh"

start producer "$@"
