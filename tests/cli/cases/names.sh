# Names of classes, files, tensors, layers and labels may be any bytes: no verb shows one that harms a terminal.
esc=$(printf '\033') beside=$(printf '\302\233')
harmless() {
    for stream in stdout stderr; do
        [ -z "$(LC_ALL=C tr -d '\n\040-\176\200-\377' < $stream)" ] || complain "$last: control bytes on $stream"
        LC_ALL=C grep -q "$beside" $stream && complain "$last: a control character of two bytes on $stream"
        iconv -f UTF-8 -t UTF-8 < $stream > iconv.out 2>&1 || complain "$last: $stream is no UTF-8"
    done
}
LC_ALL=C sed "s/image/im${esc}\\xffe/; s/scores/sc${esc}r${esc}s/" tiny.tflite > "a${esc}[31m.tflite"
cmp -s tiny.tflite "a${esc}[31m.tflite" && complain "the model has no names to change"
bad="a${esc}[31m.tflite"
mv photos/test/red "photos/test/${beside}red"
mv photos/train/red "photos/train/${beside}red"
mv photos/test/blue "photos/test/bl${esc}ue
line"
mv photos/train/blue "photos/train/bl${esc}ue
line"
echo 'no photo' > "photos/test/${beside}red/b${esc}.jpg"
printf 'cat\033[2J\n\233dog\n' > labels.txt

run 0 inspect "$bad" --tensors --graph
harmless
run 0 benchmark "$bad" --runs 1 --profile
harmless
run 0 diff "$bad" tiny.tflite --data photos
harmless
warns 'skipped photos/test/\?\?red/b\?.jpg'
run 0 evaluate "$bad" --data photos
harmless
says '^bl\?ue\?line '
run 0 evaluate "$bad" --data photos --json -q
json 'per_class.bl?ue?line.examples' 8
run 0 run "$bad" "photos/test/${beside}red/1.png" --labels labels.txt
harmless
says 'cat\?\[2J'
run 0 dataset info photos
harmless
run 0 dataset show photos -o grid.svg
harmless
run 0 compare "$bad" tiny.tflite --data photos -o "o${esc}ut" --runs 1
harmless
run 0 convert tiny.tflite -o "b${esc}.tflite"
harmless
run 0 study --data photos --model mote_tiny --input 32 --epochs 1 --batch 4 --runs 1 -o "s${esc}tudy"
harmless
run 0 model new mote_tiny -o "m${esc}.h5" --input 32 -q
run 0 train "m${esc}.h5" -o "t${esc}.h5" --data photos --batch 4
harmless
run 2 "fl${esc}y"
harmless
run 2 run tiny.tflite --labels "x${esc}" --fast "${esc}"
harmless

# a layer's name, in a model that is made of JSON
run 0 model new mote_tiny -o plain.h5 --input 32 -q
LC_ALL=C sed 's/"input_1"/"\\u001b1"/g' plain.h5 > named.h5
run 0 summary named.h5
harmless
says '^ \?1 \(InputLayer\) '

# what to type next is in quotes where a shell would see something else
run 0 model new mote_tiny -o "it's a model.h5" --input 32
warns "^mote: next: mote train 'it'\\\\''s a model.h5' -o trained.h5 "
