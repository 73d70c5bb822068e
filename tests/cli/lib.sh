# The helpers of a case. $MOTE is the program; the working folder is the case's own and goes away afterwards.
# A check that fails says so and the case goes on; the case fails at its end.

failed=0
complain() {
    echo "FAIL: $*"
    failed=1
}

# run CODE ARGUMENT...: mote's output goes to ./stdout and ./stderr
run() {
    wanted=$1
    shift
    last="mote $*"
    code=0
    "$MOTE" "$@" > stdout 2> stderr < /dev/null || code=$?
    [ "$code" -eq "$wanted" ] || {
        complain "$last: exit code $code, not $wanted"
        sed 's/^/    /' stderr
    }
}

# says PATTERN, warns PATTERN: a line of standard output, of standard error, matches the extended regular expression
says() { grep -Eq -- "$1" stdout || { complain "$last: standard output lacks '$1'"; sed 's/^/    /' stdout; }; }
warns() { grep -Eq -- "$1" stderr || { complain "$last: standard error lacks '$1'"; sed 's/^/    /' stderr; }; }
silent() { [ ! -s stderr ] || { complain "$last: standard error is not empty"; sed 's/^/    /' stderr; }; }

# error_line PATTERN: standard error is one line, "mote: VERB: …", and it matches
error_line() {
    [ "$(wc -l < stderr)" -eq 1 ] && grep -q '^mote: ' stderr && grep -Eq -- "$1" stderr || {
        complain "$last: standard error is not the one line '$1'"
        sed 's/^/    /' stderr
    }
}

# usage_error PATTERN: wrong usage has a second line, the hint at --help
usage_error() {
    warns "$1"
    warns '^mote: (see `mote .*--help`|no verb)'
}

# golden NAME: standard output is golden/NAME.txt, to the byte
golden() {
    if [ -n "${MOTE_UPDATE:-}" ]; then
        cp stdout "$HERE/golden/$1.txt"
    elif ! diff -u "$HERE/golden/$1.txt" stdout; then
        complain "$last: not golden/$1.txt; if the change is wanted: MOTE_UPDATE=1 meson test -C build --suite cli"
    fi
}

# value PATH [FILE]: what is at a.b.0.c in a JSON file (default: standard output)
value() { "$JSON_GET" "${2:-stdout}" "$1"; }

# json PATH VALUE [FILE]: it is VALUE; numbers may differ by a millionth
json() { "$JSON_GET" "${3:-stdout}" "$1" "$2" || complain "$last: JSON $1 is not $2"; }

absent() {
    for path in "$@"; do
        [ ! -e "$path" ] || complain "$last: left $path behind"
    done
}

# present FILE...: exists and is not empty
present() {
    for path in "$@"; do
        [ -s "$path" ] || complain "$last: $path is missing or empty"
    done
}

# no_leftovers [DIR]: no temporary file of an output
no_leftovers() {
    found=$(find "${1:-.}" -name '*.tmp')
    [ -z "$found" ] || complain "$last: left $found behind"
}

# serve FILE: $url is where it is, on this machine, whatever proxies there are; stop_serving ends it
serve() {
    export no_proxy=127.0.0.1
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    mkfifo lifeline
    "$SERVE" "$1" port < lifeline &
    exec 9> lifeline
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s port ] && break
        sleep 0.1
    done
    url=http://127.0.0.1:$(cat port)
}
stop_serving() {
    exec 9>&-
    wait
    rm -f lifeline port
}
