# Photos as people have them, and what is no photo: decoded, or named and skipped; what cannot be done is one line.
run 0 model new mote_tiny -o keras.h5 --classes 2 --input 32 -q
run 0 dataset make pets --count 8 --size 48 -q
"$MAKE_PHOTOS" odd # see make_photos.c
mkdir -p mixed
cp -r pets/cat pets/dog mixed
cp odd/* mixed/dog
rm mixed/dog/huge.* mixed/dog/cut.*

# a PNG named .jpg and a JPEG named .png, CMYK, gray, gray with alpha, 16 bits, palette, progressive, rotated by EXIF, 1x1
run 0 dataset info mixed --json
silent
json skipped 0
json examples 20
json width.min 1
run 0 evaluate keras.h5 --data mixed --json -q
json examples 20
json skipped 0
run 0 dataset show mixed -o grid.png
run 0 train keras.h5 -o trained.h5 --data mixed --train train --epochs 1 --batch 4 -q
silent
# EXIF's orientation is left alone, as TensorFlow leaves it: 20 wide and 10 high it says, and so it stays
mkdir -p one/turned
cp odd/turned.jpg one/turned
run 0 dataset info one --json
json width.max 20
json height.max 10
for photo in mixed/dog/*; do
    run 0 run keras.h5 "$photo" --json
    json top.# 2
done

# too large, cut, empty, no photo: each is named with the reason, and the work goes on
cp odd/huge.* odd/cut.* mixed/dog
: > mixed/cat/empty.jpg
echo 'no photo' > mixed/cat/text.png
huge='20000 x 20000 pixels, more than 100 million; scale it down first'
run 0 evaluate keras.h5 --data mixed --json
json examples 20
json skipped 6
warns "^mote: warning: evaluate: skipped mixed/dog/huge.jpg: $huge"
warns "^mote: warning: evaluate: skipped mixed/dog/huge.png: $huge"
warns '^mote: warning: evaluate: skipped mixed/dog/cut.png: '
warns '^mote: warning: evaluate: skipped mixed/dog/cut.jpg: '
warns '^mote: warning: evaluate: skipped mixed/cat/empty.jpg: '
warns '^mote: warning: evaluate: skipped mixed/cat/text.png: neither a JPEG nor a PNG'
[ "$(wc -l < stderr)" -eq 6 ] || complain "$last: not one line for each"
run 0 dataset info mixed --json
json skipped 6
run 0 train keras.h5 -o trained.h5 --data mixed --train train --epochs 1 --batch 4
warns "skipped mixed/dog/huge.jpg: $huge"
run 0 convert keras.h5 -o int8.tflite --quantize int8 --calibrate mixed
warns "skipped mixed/dog/huge.jpg: $huge"
[ "$(grep -c 'skipped mixed/dog/huge.jpg' stderr)" -eq 1 ] || complain "$last: warns twice of one photo"
run 0 compare keras.h5 --data mixed -o report --runs 1
json models.0.skipped 6 report/report.json
run 0 dataset show mixed -o grid.png --count 100
for verb in 'evaluate keras.h5 --data' 'convert keras.h5 -o out.tflite --quantize int8 --calibrate'; do
    run 1 $verb mixed --strict -q
    error_line "^mote: .*mixed/(dog/huge|dog/cut|cat/empty|cat/text)"
done
run 1 run keras.h5 odd/huge.jpg
error_line "^mote: run: odd/huge.jpg: $huge"
run 1 run keras.h5 mixed/cat/text.png
error_line '^mote: run: mixed/cat/text.png: neither a JPEG nor a PNG'
run 1 run keras.h5 nothing.jpg
error_line '^mote: run: nothing.jpg: '

# nothing but such
mkdir -p broken/a broken/b
echo no > broken/a/1.jpg
echo no > broken/b/1.jpg
run 1 evaluate keras.h5 --data broken -q
error_line '^mote: evaluate: keras.h5: none of the 2 photos can be decoded'
run 1 train keras.h5 -o out.h5 --data broken --batch 2 -q
error_line '^mote: train: '
run 1 convert keras.h5 -o out.tflite --quantize int8 --calibrate broken -q
error_line '^mote: convert: '
run 1 study --data broken --model mote_tiny --input 32 -o study -q
error_line '^mote: study: '

# folders
mkdir -p hole/a hole/b
cp odd/one.png hole/a
for verb in 'evaluate keras.h5 --data' 'train keras.h5 -o out.h5 --data' 'compare keras.h5 -o report2 --data' \
    'convert keras.h5 -o out.tflite --quantize int8 --calibrate' 'study --model mote_tiny -o study --data' 'dataset info' \
    'dataset show -o grid2.png' 'diff keras.h5 keras.h5 --data'; do
    run 1 $verb nowhere -q
    error_line ': nowhere: .*a folder'
    run 1 $verb hole -q
    error_line ': hole/b: no photos .* add some or remove the folder'
done
mkdir -p flat
cp odd/one.png flat
run 1 evaluate keras.h5 --data flat
error_line ': flat: .*one folder of photos per class'

# labels and classes
cp -r pets three
cp -r pets/cat three/cow
run 1 evaluate keras.h5 --data three
error_line '^mote: evaluate: keras.h5: the model tells 2 classes apart, the data has 3 \(cat, cow, dog\)'
run 1 train keras.h5 -o out.h5 --data three --batch 4 -q
error_line "^mote: train: training photo 'three/dog/.*' is of class 2, and the model tells 2 classes apart"
run 1 evaluate tiny.tflite --data images.npy --labels images.npy
error_line 'images.npy: '
npy() { # npy FILE TYPE SHAPE < data
    { printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$2', 'fortran_order': False, 'shape': $3, }"; cat; } > "$1"
}
printf '\000\001\377\001\000\001\000\001\000\001\000\001\000\001\000\001' | npy minus.npy '|i1' '(16,)'
run 1 evaluate tiny.tflite --data images.npy --labels minus.npy
error_line 'minus.npy: .*-1'
printf '\000\001\007\001\000\001\000\001\000\001\000\001\000\001\000\001' | npy seven.npy '|u1' '(16,)'
run 1 evaluate tiny.tflite --data images.npy --labels seven.npy
error_line '^mote: evaluate: .*tells 2 classes apart, the data has 8'
run 1 train keras.h5 -o out.h5 --data images.npy --labels seven.npy --batch 4 -q
error_line '^mote: train: .* is of class 7, and the model tells 2 classes apart'
printf '\000\001\000' | npy short.npy '|u1' '(3,)'
run 1 evaluate tiny.tflite --data images.npy --labels short.npy
error_line 'short.npy: .*3 .*16'
absent out.h5 out.tflite study report2 grid2.png
no_leftovers
