# start.sh: what producer.sh, consumer.sh and monitor.sh share. It is read by them, not started.
#
# It reads the environment, renews the proxy, and defines `start PROGRAM [option …]`.
#
#   cronjobs/environment    or the file named by C2E_ENVIRONMENT: shell assignments, exported to the programs
#   C2E_RENEW_PROXY         a command that renews the proxy; where it fails, that is said, and the programs still run
#   C2E_TIMEOUT             how long one program may run (55m); a minute later it is killed
#
# Exit status of `start`: the program's; 124 or 137 when it ran into C2E_TIMEOUT. An environment that cannot be read ends with 2.
# shellcheck shell=sh

# shellcheck disable=SC2154 # cronjobs is set by the script that reads this file
toolkit=$(dirname -- "$cronjobs")

# In a function, so that whatever that file does to "$@" is undone at its end.
read_environment() {
  if [ ! -r "$1" ]; then
    echo "Cannot read the environment \"$1\": there is no such file, or it is another user's; correct or remove it" >&2
    exit 2
  fi
  set -a
  # shellcheck source=/dev/null
  . "$(readlink -f -- "$1")"
  set +a
}

if [ -n "${C2E_ENVIRONMENT:-}" ]; then
  read_environment "$C2E_ENVIRONMENT"
elif [ -e "$cronjobs/environment" ] || [ -L "$cronjobs/environment" ]; then
  read_environment "$cronjobs/environment"
fi

# Its output is for people only when it fails: cron would send a mail every time.
if [ -n "${C2E_RENEW_PROXY:-}" ]; then
  said=$(timeout -k 10 2m sh -c "$C2E_RENEW_PROXY" 2>&1 </dev/null) ||
    printf 'Cannot renew the proxy: "%s" ended with %s, saying: %s; try it by hand\n' "$C2E_RENEW_PROXY" "$?" "$said" >&2
fi

start() {
  program=$1
  shift
  timeout -k 60 "${C2E_TIMEOUT:-55m}" node "$toolkit/dist/$program.js" --quiet "$@"
}
