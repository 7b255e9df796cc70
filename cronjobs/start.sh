# start.sh: what producer.sh, consumer.sh and monitor.sh share. It is read by them, not started.
#
# It reads the environment, renews the proxy, and defines `start PROGRAM [option …]`.
#
#   cronjobs/environment    or the file named by C2E_ENVIRONMENT: shell assignments, exported to the programs
#   C2E_RENEW_PROXY         a command that renews the proxy; where it fails and the proxy will not last, that is said; the programs still run
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

# Its output is for people only when it fails, else cron would send a mail every time. Some warn and end with 1 although
# the proxy is made: the proxy decides.
if [ -n "${C2E_RENEW_PROXY:-}" ]; then
  begun=$(date +%s)
  said=$(timeout -k 10 2m sh -c "$C2E_RENEW_PROXY" 2>&1 </dev/null)
  renewed=$?
  if [ "$renewed" -ne 0 ] && ! node "$toolkit/dist/misc/proxyLeft.js" "$begun" 2>/dev/null; then
    printf 'Cannot renew the proxy: "%s" ended with %s, saying: %s; try it by hand\n' "$C2E_RENEW_PROXY" "$renewed" "$said" >&2
  fi
fi

start() {
  program=$1
  shift
  timeout -k 60 "${C2E_TIMEOUT:-55m}" node "$toolkit/dist/$program.js" --quiet "$@"
}
