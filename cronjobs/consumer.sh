#!/bin/sh
# consumer.sh: the producer, then the consumer whatever the producer said, for cron. Options are handed on to both;
# the environment and the proxy are start.sh's. Exit status: the worse of the two.
cronjobs=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=cronjobs/start.sh
. "$cronjobs/start.sh"

# From 0 up to the statuses that are none of ours (killed, timed out, no node): those say least of what was done.
badness() {
  case $1 in
    0) echo 0 ;;
    3) echo 1 ;; # lists need a person
    5) echo 2 ;; # no server
    6) echo 3 ;; # another run holds the lease
    4) echo 4 ;; # the spool or the database
    2) echo 5 ;; # an option or a setting
    1) echo 6 ;; # a bug
    *) echo 7 ;;
  esac
}

start producer "$@"
produced=$?
start consumer "$@"
consumed=$?

if [ "$(badness "$produced")" -gt "$(badness "$consumed")" ]; then
  exit "$produced"
fi
exit "$consumed"
