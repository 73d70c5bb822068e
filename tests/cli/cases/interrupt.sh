# Ctrl-C ends every verb, at any time, with the code that a shell expects, and leaves nothing half done.
# wait_until COMMAND: as long as it takes, 60 s at the most
wait_until() {
    waited=0
    until eval "$1" > until.out 2>&1 || [ $waited -gt 1200 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    [ $waited -le 1200 ]
}

# stop SIGNAL CODE UNTIL ARGUMENT...: mote, sent the signal as soon as the command UNTIL succeeds
stop() {
    signal=$1 wanted=$2 until=$3
    shift 3
    last="mote $*"
    : > stdout # not what the command before has said
    : > stderr
    # The shell, or who has started it (nohup), may have it that a command in the background ignores signals.
    env --default-signal=HUP,INT,TERM "$MOTE" "$@" > stdout 2> stderr < /dev/null &
    pid=$!
    wait_until "$until" || complain "$last: '$until' does not come"
    kill "-$signal" $pid || complain "$last: ended before it was stopped"
    wait_until "! kill -0 $pid" || complain "$last: goes on after $signal"
    kill -KILL $pid 2> until.out || true
    code=0
    wait $pid || code=$?
    [ "$code" -eq "$wanted" ] || { complain "$last: exit code $code, not $wanted"; tail -5 stderr | sed 's/^/    /'; }
    no_leftovers
}
run 0 model new mote_tiny -o tiny.h5 --input 32 --classes 2 -q

stop INT 130 '[ -s stdout ]' train tiny.h5 -o trained.h5 --data photos --train train --epochs 100000 --batch 4
warns '^mote: train: stopped in epoch .*; trained.h5 has the weights of that moment$'
present trained.h5
stop TERM 143 '[ -s stdout ]' study --data photos --model mote_tiny --input 32 --epochs 100000 --batch 4 -o out
warns '^mote: study: out/trained.h5 has the weights of that moment: stopped in epoch '
present out/trained.h5
absent out/report.html out/float32.tflite
# after training: at once
stop INT 130 '[ -s out2/int8.tflite ] && grep ^timing stderr' study --data photos --model mote_tiny --input 32 --epochs 1 --batch 4 \
    --runs 1000000 -o out2
present out2/trained.h5
absent out2/report.html
stop INT 130 'ls out3/*.tmp' compare tiny.h5 --data photos --runs 1000000 -o out3
stop HUP 129 'ls out3/*.tmp' compare tiny.h5 --data photos --runs 1000000 -o out3
stop INT 130 'ls demo/photos.*/cat/*.jpg' demo --count 1000000 -o demo
stop TERM 143 'ls pets.*/cat/*.jpg' dataset make pets --count 1000000
absent out3 demo pets
[ -z "$(find . -name '*.??????' -type d)" ] || complain "a temporary folder is left"

# nohup
lines() { grep -c ^timing stderr; }
: > stderr
trap '' HUP
"$MOTE" compare tiny.h5 --data photos --runs 1000000 -o out4 > stdout 2> stderr &
wait_until '[ $(lines) -gt 0 ]' || complain "mote compare: does not begin"
kill -HUP $!
before=$(lines)
wait_until '[ $(lines) -gt $before ]' && kill -TERM $! || complain "SIGHUP ended what nohup had started"
wait $! || true
