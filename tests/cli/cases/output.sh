# Standard output belongs to one thing; a reader that goes away, a stream that is closed, and a full disk are each one line.
run 0 model new mote_tiny -o k.h5 --input 32 --classes 2 -q

# a file on standard output is the file, and nothing but the file
run 0 train k.h5 -o trained.h5 --data photos --train train --batch 4 -q
run 0 train k.h5 -o - --data photos --train train --batch 4
cmp -s stdout trained.h5 || complain "$last: not the file alone"
warns '^epoch 1/1 '
run 0 train k.h5 -o - --data photos --train train --batch 4 -q
cmp -s stdout trained.h5 || complain "$last: not the file alone"
silent
run 0 model copy k.h5 -o -
mv stdout copy.h5
run 0 summary copy.h5
run 0 run tiny.tflite photos/test/red/1.png -o file.npy
run 0 run tiny.tflite photos/test/red/1.png -o -
cmp -s stdout file.npy || complain "$last: not the file alone"
run 1 run k.h5 photos/test/red/1.png photos/test/red -o -
error_line 'photos/test/red: is a folder'
for verb in 'convert tiny.tflite' 'model new mote_tiny' 'model copy k.h5' 'train k.h5 --data photos' 'dataset show photos' \
    'run tiny.tflite images.npy'; do
    run 2 $verb -o - --json
    usage_error '--json and -o - both want standard output'
    [ ! -s stdout ] || complain "$last: something is on standard output"
done
run 0 model copy k.h5 -o copy.keras --json
json output copy.keras
run 0 dataset show photos -o grid.png --count 4 --json
json count 4

# a reader that is gone
for verb in 'convert tiny.tflite' 'model new mote_tiny --input 32 -q' 'model copy k.h5 -q' \
    'train k.h5 --data photos --train train --batch 4 -q' 'dataset show photos' 'run tiny.tflite images.npy'; do
    {
        sleep 0.2
        "$MOTE" $verb -o - 2> stderr || echo $? > code
    } | true
    last="mote $verb -o - | true"
    error_line '^mote: .*: standard output: cannot write it: Broken pipe$'
    [ "$(cat code)" = 1 ] || complain "$last: exit code $(cat code), not 1"
done

# a stream that is closed: what is printed must not land in a file that has taken its number
code=0
"$MOTE" train k.h5 -o closed.h5 --data photos --train train --batch 4 -q >&- 2> stderr || code=$?
last='mote train >&-'
error_line '^mote: standard output: cannot write it; .*closed'
[ "$code" -eq 1 ] || complain "$last: exit code $code, not 1"
cmp -s closed.h5 trained.h5 || complain "$last: the model has something else in it"
"$MOTE" train k.h5 -o closed.h5 --data photos --train train --batch 4 2>&- > stdout || complain "mote train 2>&- failed"
cmp -s closed.h5 trained.h5 || complain "mote train 2>&-: the model has something else in it"
