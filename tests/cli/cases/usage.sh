# Wrong usage: exit code 2, one line that says what, one that says where to read on.
run 2
warns '^usage: mote VERB'
run 2 fly
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
run 2 summary tiny.tflite three.tflite
usage_error "^mote: summary: 'three.tflite' is one argument too many"
absent x.tflite
run 0 --version
says '^mote [0-9]+\.[0-9]+'
says '^cpu: '
