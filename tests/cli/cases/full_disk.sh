# Every verb that writes, where nothing can be written: one line that says so, what was there stays, nothing is left.
run 0 model new mote_tiny -o keras.h5 --classes 2 --input 32 -q
mkdir disk
old='out.tflite out.h5 out.keras out.npy out.png out.svg'

# keeps COMMAND...: what is on the disk stays as it is
keeps() {
    [ "$kind" = read-only ] || for name in $old; do
        echo old > disk/$name
    done
    run 1 "$@"
    error_line "$why"
    for name in $old; do
        [ "$(cat disk/$name)" = old ] || complain "$last: disk/$name is not what it was"
    done
    [ "$kind" = read-only ] && return
    find disk -mindepth 1 -type d -empty -delete # folders for more than one file may stay, with nothing in them
    left=$(ls disk | grep -vE '^(filler|out\.[a-z0-9]*)$')
    [ -z "$left" ] || complain "$last: left $left behind"
    for name in $left; do
        rm -rf "disk/$name"
    done
}

# all_verbs KIND WHY
all_verbs() {
    kind=$1 why=$2
    keeps convert tiny.tflite -o disk/out.tflite
    keeps convert tiny.tflite -o disk/out.tflite --quantize int8 --calibrate photos -q
    keeps compare tiny.tflite --data photos -o disk/report --runs 1 -q
    keeps compare tiny.tflite --data photos -o disk --runs 1 -q
    keeps dataset make disk/pets --count 4 -q
    keeps dataset show photos -o disk/out.png -q
    keeps dataset show photos -o disk/out.svg -q
    keeps model new mote_tiny -o disk/out.h5 --input 32 -q
    keeps model new mote_tiny -o disk/out.keras --input 32 -q
    keeps model copy keras.h5 -o disk/out.keras
    keeps demo -o disk/demo --count 40 -q
    keeps study --data photos --model mote_tiny --input 32 --epochs 1 --batch 4 -o disk/study -q
    set -- train keras.h5 --data photos --train train --epochs 1 --batch 4 -q
    keeps "$@" -o disk/out.h5
    [ "$kind" = size-limit ] || { # which files as small as these do not meet
        keeps "$@" -o trained.h5 --checkpoint disk/checkpoints
        keeps "$@" -o trained.h5 --tensorboard disk/board
        keeps "$@" -o trained.h5 --history disk/history.csv
        keeps run tiny.tflite images.npy -o disk/out.npy
    }
    absent trained.h5
}

# results on standard output
to_full() {
    last="mote $* > /dev/full"
    code=0
    "$MOTE" "$@" > /dev/full 2> stderr < /dev/null || code=$?
    [ "$code" -eq 1 ] || complain "$last: exit code $code, not 1"
    error_line '^mote: standard output: cannot write it; is the disk full'
}
if [ -w /dev/full ]; then
    to_full evaluate tiny.tflite --data photos --json -q
    to_full evaluate tiny.tflite --data photos -q
    to_full run tiny.tflite photos/test/red/1.png
    to_full benchmark tiny.tflite --runs 1 --json
    to_full inspect tiny.tflite
    to_full diff tiny.tflite tiny.tflite --data photos --json -q
    to_full summary keras.h5
    to_full dataset info photos -q
    to_full model list
    run 1 run tiny.tflite photos/test/red/1.png -o /dev/full
    error_line '/dev/full: no space left'
fi

if mount -t tmpfs -o size=64k mote disk 2> /dev/null; then
    trap 'umount disk; rm -rf "$folder"' EXIT
    for name in $old; do # they take room of their own
        echo old > disk/$name
    done
    head -c 100000 /dev/zero > disk/filler 2> /dev/null
    all_verbs full '([Nn]o space left|is the disk full)'
    mount -o remount,ro disk
    all_verbs read-only 'Read-only file system'
    umount disk
    trap 'rm -rf "$folder"' EXIT
else
    echo 'SKIP: a disk of our own takes root; a limit on the size of files instead'
    (
        ulimit -f 1
        all_verbs size-limit '(cannot write it|cannot be written)'
        exit $failed
    ) || failed=1
fi
