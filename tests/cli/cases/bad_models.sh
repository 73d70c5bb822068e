# Files that are no model, or no longer one, for every verb that reads models: one line with the file's name; no output.
run 0 model new mote_tiny -o good.h5 --classes 2 --input 32 -q
run 0 model copy good.h5 -o good.keras
cp tiny.tflite good.tflite

: > empty.tflite
: > empty.h5
mkdir folder.h5
echo 'I am not a model.' > text.tflite
cp photos/test/red/1.png photo.h5
cp labels.npy array.keras
cp good.h5 h5.tflite # told apart by what is in them, so these are good:
cp good.tflite tflite.h5
for kind in tflite h5 keras; do
    size=$(wc -c < good.$kind)
    head -c $((size / 2)) good.$kind > cut.$kind
    head -c 4 good.$kind > start.$kind
    cp good.$kind flipped.$kind
done
# flip FILE AT: a byte that matters
flip() { printf '\377' | dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null; }
flip flipped.tflite 3                                # where the model begins
flip flipped.h5 24                                   # the superblock's addresses
flip flipped.keras $(($(wc -c < good.keras) - 6))    # where the archive's directory begins
"$MAKE_ZIP" other.keras readme.txt text.tflite       # an archive of something else

bad='missing.tflite missing.h5 empty.tflite empty.h5 folder.h5 text.tflite photo.h5 array.keras other.keras
    cut.tflite cut.h5 cut.keras start.tflite start.h5 start.keras flipped.tflite flipped.h5 flipped.keras'
for file in $bad; do
    run 1 evaluate $file --data photos
    error_line "^mote: evaluate: $file: [^:]*[a-z]"
    run 1 convert $file -o out.tflite
    error_line "^mote: convert: $file: "
    run 1 run $file photos/test/red/1.png
    error_line "^mote: run: $file: "
    run 1 benchmark $file
    error_line "^mote: benchmark: $file: "
    run 1 inspect $file
    error_line "^mote: inspect: $file: "
    run 1 diff $file good.tflite --data photos
    error_line "^mote: diff: $file: "
    run 1 diff good.tflite $file --data photos
    error_line "^mote: diff: $file: "
    run 1 compare good.tflite $file --data photos -o report
    error_line "^mote: compare: $file: "
    run 1 summary $file
    error_line "^mote: summary: $file: "
    run 1 model copy $file -o out.h5
    error_line "^mote: model copy: $file: "
    run 1 train $file -o out.h5 --data photos --batch 4
    error_line "^mote: train: $file: "
    run 1 study --data photos --model $file -o report
    error_line "^mote: study: $file: "
    run 1 model new mote_tiny -o out.h5 --input 32 --weights $file
    error_line "^mote: model new: $file: "
done
for file in h5.tflite tflite.h5; do
    run 0 inspect $file
    run 0 convert $file -o told_apart.tflite -q
    rm told_apart.tflite
done
"$MOTE" inspect - < cut.tflite > stdout 2> stderr && complain "inspect -: half a model is one"
last='mote inspect - < cut.tflite'
error_line '^mote: inspect: -: byte '

# sound files for something else
run 1 train good.tflite -o out.h5 --data photos
error_line '^mote: train: good.tflite: only Keras models train'
run 1 model new mote_tiny -o out.h5 --input 32 --weights good.tflite
error_line '^mote: model new: good.tflite: '
run 1 model new MobileNetV2 -o out.h5 --input 32 --weights good.h5
error_line "^mote: model new: good.h5: layer '"
run 0 convert good.h5 -o int8.tflite --quantize int8 --calibrate photos -q
run 1 convert int8.tflite -o out.tflite --quantize float16
error_line '^mote: convert: int8.tflite: the model is quantized already'
run 1 diff good.tflite three.tflite --data photos
error_line '^mote: diff: '
run 1 evaluate three.tflite --data photos
error_line 'tells 3 classes apart, the data has 2 \(blue, red\)'

# what running a model may cost
run 1 evaluate good.h5 --data photos --memory-limit 1
error_line '^mote: evaluate: good.h5: .*the limit is 1048576 bytes; raise it'
run 1 compare good.h5 --data photos --memory-limit 1 -o report -q
error_line '^mote: compare: good.h5: .*the limit is 1048576 bytes'
run 1 diff good.h5 good.h5 --data photos --memory-limit 1 -q
error_line '^mote: diff: the first model: .*the limit is 1048576 bytes'
run 1 convert good.h5 -o out.tflite --quantize int8 --calibrate photos --memory-limit 1 -q
error_line '^mote: convert: good.h5: .*the limit is 1048576 bytes'
run 0 convert good.h5 -o plain.tflite --memory-limit 1 -q # runs nothing
run 1 train good.h5 -o out.h5 --data photos --batch 4 --memory-limit 1 -q
error_line '^mote: train: a step on 4 examples needs [0-9]* bytes, more than the limit of 1048576; take fewer'
run 1 study --data photos --model good.h5 --batch 4 --memory-limit 1 -o report -q
error_line '^mote: study: a step on 4 examples needs [0-9]* bytes, more than the limit of 1048576'
# a large frozen layer fits while it trains; calibrating packs its weights, and float16 has them twice
run 0 model new mote_tiny -o wide.h5 --input 32 --head dense:1024:relu,dense:1024:relu,dense:2:softmax -q
frozen='^([^d]|d[^e])|^dense(_1)?$'
run 1 convert wide.h5 -o out.tflite --quantize int8 --calibrate photos --memory-limit 3 -q
error_line '^mote: convert: wide.h5: calibration: .* packing the filter: the limit is 3145728 bytes'
run 1 study --data photos --model wide.h5 --batch 1 --freeze "$frozen" --memory-limit 10 -o report -q
error_line '^mote: study: report/float16.tflite: .*the limit is 10485760 bytes'
present report/trained.h5
absent report/report.html
run 0 study --data photos --model wide.h5 --batch 1 --freeze "$frozen" --memory-limit 16 --runs 1 -o report -q
rm -r report
run 0 model new mote_tiny -o huge.h5 --classes 2 --input 4096 -q
run 1 train huge.h5 -o out.h5 --data photos --batch 16 -q # 86 GB
error_line '^mote: train: a step on 16 examples needs [0-9]* bytes, more than the limit of '
absent out.tflite out.h5 report
no_leftovers
