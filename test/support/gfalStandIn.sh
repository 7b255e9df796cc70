#!/bin/sh
# gfalStandIn: speaks the words of gfal-stat, gfal-sum and gfal-rm (as those of gfal2-util 1.8 were seen) about files below
# STORAGE_ROOT: root://host//a/b is STORAGE_ROOT/host/a/b. It is run by their names in their place, so that tests of them
# run everywhere; in sh, as a start of Node for each file would be most of what such a test costs.
#
# What stands in a path says how the storage behaves: "denied" refuses, "broken" fails, "hangs" never answers, "sumless"
# knows no checksums. Of what is to be deleted: "locked" is refused, "stuck" fails, and at "slow" it never goes on.
LC_ALL=C
PATH=/usr/bin:/bin
export LC_ALL PATH
command=${0##*/}

# Whether a word begins so in a URL.
has() {
  case $1 in *[!A-Za-z0-9_]"$2"*) return 0 ;; esac
  return 1
}

refuse() {
  echo "$command error: $1 ($2) - the storage said so" >&2
  exit "$1"
}

# Sets `file`.
file_of() {
  if has "$1" denied; then refuse 13 'Permission denied'; fi
  if has "$1" broken; then refuse 5 'Input/output error'; fi
  path=${1#*://}
  host=${path%%/*}
  path=${path#"$host"}
  case $path in *'?SFN='*) path=${path##*'?SFN='} ;; esac
  file=$STORAGE_ROOT/$host/${path%%'?'*}
}

# https://www.rfc-editor.org/rfc/rfc1950, section 9
adler32() {
  od -An -v -tu1 "$1" | awk 'BEGIN { a = 1; b = 0 }
    { for (i = 1; i <= NF; i++) { a = (a + $i) % 65521; b = (b + a) % 65521 } }
    END { printf "%04x%04x\n", b, a }'
}

must_be_there() {
  file_of "$1"
  [ -e "$file" ] || refuse 2 'No such file or directory'
}

stat_file() {
  must_be_there "$1"
  kind='regular file'
  if [ -d "$file" ]; then kind=directory; fi
  size=$(stat -L -c %s "$file")
  printf "  File: '%s'\n  Size: %s\t%s\nAccess: (0644/-rw-r--r--)\tUid: 0\tGid: 0\t\n" "$1" "$size" "$kind"
  printf 'Modify: %s\n' "$(date -u -r "$file" '+%Y-%m-%d %H:%M:%S.%6N')"
}

sum_file() {
  must_be_there "$1"
  if [ -d "$file" ]; then refuse 21 'Is a directory'; fi
  if has "$1" sumless; then refuse 38 'Function not implemented'; fi
  case $2 in [Aa][Dd][Ll][Ee][Rr]32) ;; *) refuse 38 'Function not implemented' ;; esac
  printf '%s %s\n' "$1" "$(adler32 "$file")"
}

fail() {
  printf '%s\tFAILED\n' "$1"
  refuse "$2" "$3"
}

# The first refusal ends it, and the others are not tried.
remove() {
  status=0
  for url in "$@"; do
    if has "$url" denied; then fail "$url" 13 'Permission denied'; fi
    if has "$url" broken; then fail "$url" 5 'Input/output error'; fi
    file_of "$url"
    if [ ! -e "$file" ]; then
      printf '%s\tMISSING\n' "$url"
      status=2
      continue
    fi
    if [ -d "$file" ]; then refuse 21 'Is a directory'; fi
    if has "$url" locked; then fail "$url" 13 'Permission denied'; fi
    if has "$url" stuck; then fail "$url" 5 'Input/output error'; fi
    if has "$url" slow; then exec sleep 60; fi
    rm "$file"
    printf '%s\tDELETED\n' "$url"
  done
  exit "$status"
}

if [ -n "$STORAGE_LOG" ]; then printf '%s\n' "$command $*" >>"$STORAGE_LOG"; fi
for arg in "$@"; do
  if has "$arg" hangs; then exec sleep 60; fi
done
if [ "$1" = -t ]; then shift 2; fi
case $command in
  gfal-stat) stat_file "$1" ;;
  gfal-sum) sum_file "$1" "$2" ;;
  gfal-rm) remove "$@" ;;
esac
