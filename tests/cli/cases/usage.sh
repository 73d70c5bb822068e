# Wrong usage: exit code 2, one line that says what, one that says where to read on.
run 2
warns '^usage: mote VERB'
run 2 fly
usage_error "no verb 'fly'"
run 2 model
warns "^mote: no verb 'model'"
warns '^  model new '
run 0 model --help
says '^  model new '
silent
run 2 fly --help
usage_error "no verb 'fly'"
run 2 convert
usage_error '^mote: convert: --output OUT.tflite is needed'
run 2 convert -o x.tflite
usage_error '^mote: convert: MODEL is needed'
run 2 convert tiny.tflite -o x.tflite --quantize int4
usage_error '^mote: convert: --quantize int4: one of float32\|.* is needed'
run 2 convert tiny.tflite -o x.tflite --samples many
usage_error '^mote: convert: --samples many: a whole number'
run 2 convert tiny.tflite -o
usage_error '^mote: convert: -o needs a value'
run 2 run tiny.tflite --fast
usage_error '^mote: run: no option --fast'
run 2 run tiny.tflite --threads 0
usage_error '^mote: run: --threads 0: a whole number'
run 2 diff tiny.tflite --data photos
usage_error '^mote: diff: A B are needed'
run 2 summary tiny.tflite three.tflite
usage_error "^mote: summary: 'three.tflite' is one argument too many"
run 2 run tiny.tflite images.npy -o x.txt
usage_error '^mote: run: -o x.txt: this makes a NumPy array, .npy'
absent x.tflite x.txt
run 0 --version
says '^mote [0-9]+\.[0-9]+'
says '^cpu: '

# who closes the pipe hears nothing of it; a disk that is full is said
{
    sleep 0.3
    "$MOTE" inspect tiny.tflite --json 2> stderr || echo $? > code
} | true
last='mote inspect | true'
silent
[ "$(cat code)" = 1 ] || complain "$last: exit code $(cat code), not 1"
if [ -w /dev/full ]; then
    code=0
    "$MOTE" inspect tiny.tflite --json > /dev/full 2> stderr || code=$?
    last='mote inspect > /dev/full'
    [ "$code" -eq 1 ] || complain "$last: exit code $code, not 1"
    error_line 'standard output: cannot write it; is the disk full'
fi

run 2 run
usage_error '^mote: run: MODEL is needed'

# what would be ignored is refused
run 2 convert tiny.tflite three.tflite -o x.tflite
usage_error "^mote: convert: 'three.tflite' is one argument too many"
run 2 convert tiny.tflite images.npy -o x.tflite --quantize int8 --calibrate photos
usage_error "'images.npy' is one argument too many"
run 1 study --data photos --model tiny.tflite --url http://127.0.0.1:1/x -o study
error_line '^mote: study: tiny.tflite: .*--url.* are for a new model of an architecture'
# what is missing is said
run 1 run tiny.tflite
error_line '^mote: run: nothing to run it on; give photos, or a .npy file, for its input image \(float32 1x8x8x3\)$'
run 1 run vector.tflite
error_line 'give a .npy file for its input numbers \(float32 1x4\)$'
absent x.tflite study

# what a variable that is not set leaves
run 2 evaluate '' --data photos
usage_error '^mote: evaluate: argument 1 is empty; the verb takes MODEL$'
run 2 evaluate tiny.tflite --data ''
usage_error '^mote: evaluate: --data is empty; give it a value or leave it out$'
run 2 demo -o ''
usage_error '^mote: demo: --output is empty'
run 2 convert tiny.tflite -o x.tflite --samples 99999999999
usage_error '--samples 99999999999: a whole number from 0 to 1000000000 is needed$'
