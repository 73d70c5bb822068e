# A float .tflite into each form; what cannot be read or written is one line, and leaves nothing behind.
for form in float32 float16 dynamic; do
    run 0 convert tiny.tflite -o $form.tflite --quantize $form --json
    json format $form
    json bytes "$(wc -c < $form.tflite)"
    run 0 run $form.tflite photos/test/red/3.png --json
    json top.0.index 1
done
run 0 convert tiny.tflite -o int8.tflite --quantize int8 --calibrate photos --split train \
    --input-type uint8 --output-type uint8
says '^int8.tflite: int8, [0-9]+ bytes'
run 0 run int8.tflite photos/test/blue/3.png --json
json top.0.index 0
json outputs.0.dtype uint8

run 1 convert missing.tflite -o out.tflite
error_line '^mote: convert: missing.tflite: '
: > empty.tflite
run 1 convert empty.tflite -o out.tflite
error_line '^mote: convert: empty.tflite: '
head -c 300 tiny.tflite > cut.tflite
run 1 convert cut.tflite -o out.tflite
error_line '^mote: convert: cut.tflite: '
run 1 convert tiny.tflite -o out.tflite --quantize int8
error_line 'needs --calibrate'
run 1 convert tiny.tflite -o out.tflite --quantize int8 --calibrate nowhere
error_line 'nowhere: '
run 1 convert tiny.tflite -o nowhere/out.tflite
error_line '^mote: convert: nowhere/out.tflite: cannot write it'
run 1 convert tiny.tflite -o photos
error_line 'photos: is a folder'
run 1 convert tiny.tflite -o /dev/full
error_line '/dev/full: no space left'
absent out.tflite nowhere
no_leftovers
