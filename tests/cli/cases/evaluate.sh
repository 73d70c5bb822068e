# The known answers, in every form of model and data; what does not fit is one line.
run 0 evaluate tiny.tflite --data photos --split test --json -q
silent
json examples 16
json accuracy 0.9375
json accuracy_low 0.716713
json accuracy_high 0.988881
json confusion '[[7,1],[0,8]]'
json per_class.blue.examples 8
json per_class.blue.accuracy 0.875
json per_class.red.precision 0.888889
json skipped 0
loss=$(value loss)
value seconds > /dev/null || complain "no seconds"

run 0 evaluate tiny_unit.tflite --data photos --json -q
json confusion '[[7,1],[0,8]]'
run 0 evaluate tiny.tflite --data images.npy --labels labels.npy --split train --json
json confusion '[[7,1],[0,8]]'
json loss "$loss"
run 0 evaluate three.tflite --data images.npy --labels labels.npy --json
json confusion.# 3
run 0 evaluate tiny.tflite --data photos --split 'train[:50%]' --limit 5 --json
json examples 5
run 0 evaluate tiny.tflite --data photos
says '^accuracy +93.75%'
says '^blue +8 +87.50%'

run 0 convert tiny.tflite -o int8.tflite --quantize int8 --calibrate photos --split train \
    --input-type uint8 --output-type uint8
run 0 evaluate int8.tflite --data photos --json
json confusion '[[7,1],[0,8]]'

# threads change nothing but the time
run 0 evaluate tiny.tflite --data photos --json --threads 1
grep -v seconds stdout > one
run 0 evaluate tiny.tflite --data photos --json --threads 5
grep -v seconds stdout > five
cmp one five || complain "another result with 5 threads"

# photos that cannot be decoded: named and counted, or with --strict the end
echo 'no photo' > photos/test/red/broken.jpg
run 0 evaluate tiny.tflite --data photos --json
warns 'warning: evaluate: skipped .*red/broken.jpg'
json examples 16
json skipped 1
run 1 evaluate tiny.tflite --data photos --strict --json
error_line 'red/broken.jpg'
[ ! -s stdout ] || complain "a result in spite of the error"
rm photos/test/red/broken.jpg

run 1 evaluate three.tflite --data photos
error_line '^mote: evaluate: three.tflite: the model tells 3 classes apart, the data has 2 \(blue, red\)'
run 1 evaluate vector.tflite --data photos
error_line '^mote: evaluate: vector.tflite: .*not an image'
run 1 evaluate missing.tflite --data photos
error_line '^mote: evaluate: missing.tflite: '
run 1 evaluate tiny.tflite --data nowhere
error_line '^mote: evaluate: nowhere: '
run 1 evaluate tiny.tflite --data photos --split 'valid'
error_line "^mote: evaluate: .*valid"
run 2 evaluate tiny.tflite
usage_error 'data DIR is needed'

# a Keras file, and the same network as .tflite
run 0 model new mote_tiny -o keras.h5 --classes 2 --input 32 -q
run 0 convert keras.h5 -o keras.tflite
run 0 evaluate keras.h5 --data photos --json
json examples 16
loss=$(value loss)
run 0 evaluate keras.tflite --data photos --json
json loss "$loss"

run 1 evaluate tiny.tflite --data tiny.tflite
error_line '^mote: evaluate: tiny.tflite: a file, not a data set; give a folder'
run 0 model new mote_tiny -o k.h5 --input 32 --classes 2 -q
run 1 evaluate k.h5 --data photos --input-shape 32,32
error_line '--input-shape 32,32: write the sizes as 224x224x3'

# numbers that are none have no order
{
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 8, 8, 3), }"
    head -c 768 /dev/zero | tr '\0' '\377'
} > nan.npy
run 0 run tiny.tflite nan.npy
warns '^mote: warning: run: example 0: its scores are no numbers'
run 1 evaluate tiny.tflite --data photos --labels labels.npy
error_line '^mote: evaluate: photos: --labels labels.npy goes with --data X.npy; leave it out'
run 1 run tiny.tflite labels.npy
error_line '^mote: run: labels.npy: 16 does not fit the network.s input of 1x8x8x3: '
