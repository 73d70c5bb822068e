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
error_line '^mote: convert: nowhere/out.tflite: cannot write it: its folder is not there; make it first'
run 1 convert tiny.tflite -o photos
error_line 'photos: is a folder'
run 1 convert tiny.tflite -o /dev/full
error_line '/dev/full: no space left'
run 1 convert tiny.tflite -o out.tflite --input-type int16
error_line 'input type int16 does not go with float32, which takes float32$'
run 2 convert tiny.tflite -o out.h5
usage_error '^mote: convert: -o out.h5: this makes a .tflite file; `mote model copy` makes Keras files'
absent out.tflite out.h5 nowhere
no_leftovers

# --- both ends as streams ---
"$MOTE" convert - -o - --quantize float16 < tiny.tflite > piped.tflite 2> stderr || complain "convert - -o -: failed"
run 0 convert tiny.tflite -o named.tflite --quantize float16
cmp piped.tflite named.tflite || complain "convert - -o -: other bytes than by name"
run 2 convert tiny.tflite -o - --json
usage_error 'both want standard output'

# --- half precision is a source; what is quantized already is not ---
run 0 convert float16.tflite -o again.tflite --quantize int8 --calibrate photos
run 1 convert int8.tflite -o out.tflite --quantize dynamic
error_line '^mote: convert: int8.tflite: the model is quantized already \(int8\)'

# --- arrays; twice the same bytes at any number of threads ---
run 0 convert tiny.tflite -o a1.tflite --quantize int8 --calibrate images.npy --threads 1
run 0 convert tiny.tflite -o a4.tflite --quantize int8 --calibrate images.npy --threads 4
cmp a1.tflite a4.tflite || complain "$last: the bytes depend on --threads"
run 0 convert tiny.tflite -o few.tflite --quantize int8 --calibrate images.npy --samples 2
run 1 convert tiny.tflite -o out.tflite --quantize int8 --calibrate images.npy,images.npy
error_line 'more calibration arrays than the model.s 1 inputs'
run 1 convert tiny.tflite -o out.tflite --quantize int8 --calibrate labels.npy
error_line 'labels.npy: examples do not have the shape of model input 0'
run 1 convert vector.tflite -o out.tflite --quantize int8 --calibrate photos
error_line 'the model.s input is not an image; calibrate with .npy arrays'
# Two photos at a time: the same ranges, so the same integers.
run 0 convert pairs.tflite -o pairs8.tflite --quantize int8 --calibrate images.npy
run 0 run pairs8.tflite images.npy -o pairs8.npy
run 0 run a1.tflite images.npy -o a1.npy
cmp pairs8.npy a1.npy || complain "$last: other answers than one photo at a time"
run 1 convert pairs.tflite -o out.tflite --quantize int8 --calibrate photos
error_line 'takes 2 photos at a time'
mkdir -p none/blue none/red
run 1 convert tiny.tflite -o out.tflite --quantize int8 --calibrate none
error_line 'none/.*no photos'
run 1 convert tiny.tflite -o out.tflite --quantize int8 --calibrate photos --split 'train[:0]'
error_line 'holds no examples'
run 1 convert tiny.tflite -o out.tflite --quantize int8 --calibrate photos --input-type int16
error_line 'input type int16 does not go with int8'

# --- accuracy before and after ---
run 0 convert tiny.tflite -o checked.tflite --quantize int8 --calibrate photos --validate photos --max-drop 1 --json
json accuracy 0.9375
json float_accuracy 0.9375
present checked.tflite
run 2 convert tiny.tflite -o out.tflite --max-drop 1
usage_error '--max-drop needs --validate'
run 2 convert tiny.tflite -o out.tflite --recover auto
usage_error '--recover auto: .*not there yet'
# Calibrated with one dim picture, photos are far out of range.
{
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 8, 8, 3), }"
    for i in $(seq 64); do printf '\005\003\003'; done
} > dim.npy
run 1 convert tiny.tflite -o out.tflite --quantize int8 --calibrate dim.npy --validate photos --max-drop 1 -q
error_line 'accuracy falls by [0-9.]+ points, from 93.75% to [0-9.]+%, and --max-drop allows 1.00: nothing is written'
absent out.tflite
no_leftovers
