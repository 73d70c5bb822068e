#!/bin/sh
# run_case.sh MOTE MAKE_FIXTURES JSON_GET CASE.sh: one case in a folder of its own. See README.md.
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
MOTE=$(realpath "$1") JSON_GET=$(realpath "$3") case_file=$(realpath "$4")
unset MOTE_THREADS MOTE_CPU
folder=$(mktemp -d "${TMPDIR:-/tmp}/mote-cli.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
"$2" "$folder" || { echo "the fixtures could not be made"; exit 1; }
cd "$folder" || exit 1
. "$HERE/lib.sh"
. "$case_file"
exit $failed
