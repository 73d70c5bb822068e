# What is named like a photo or a model and is none: a pipe, a device, a folder, a link to nowhere.
mkfifo photos/test/red/pipe.jpg photos/train/red/pipe.jpg
mkdir photos/test/red/folder.jpg
ln -s nowhere photos/test/blue/link.jpg
skipped=2
if mknod photos/test/blue/device.jpg c 1 5 2> mknod.out; then # /dev/zero
    skipped=3
fi

run 0 dataset info photos --split test --json
json examples 16
json skipped $skipped
warns 'skipped photos/test/red/pipe.jpg: a pipe, not a file'
warns 'skipped photos/test/blue/link.jpg: there is no such file'
[ $skipped -lt 3 ] || warns 'skipped photos/test/blue/device.jpg: a device, not a file'
run 0 evaluate tiny.tflite --data photos --json
json accuracy 0.9375
json skipped $skipped
run 0 convert tiny.tflite -o int8.tflite --quantize int8 --calibrate photos
warns 'skipped photos/train/red/pipe.jpg: a pipe, not a file'
run 0 dataset show photos -o grid.png --count 100
run 1 evaluate tiny.tflite --data photos --strict -q
error_line ': photos/test/(red|blue)/(pipe|device|link).jpg: '
run 0 model new mote_tiny -o tiny.h5 --input 32 --classes 2 -q
run 0 train tiny.h5 -o trained.h5 --data photos --batch 4 --train train
warns 'skipped photos/train/red/pipe.jpg: a pipe, not a file'

# a pipe is fine where it is asked for; a device never is, and would not end
mkfifo models
cat tiny.tflite > models &
run 0 inspect models
mkfifo photos.pipe
cat photos/test/red/1.png > photos.pipe &
run 0 run tiny.tflite photos.pipe --json
json top.0.index 1
run 1 inspect /dev/zero
error_line '^mote: inspect: /dev/zero: is a device, not a file'
run 1 run tiny.tflite /dev/zero
error_line '^mote: run: /dev/zero: is a device, not a file'
run 1 run tiny.tflite photos/test
error_line '^mote: run: photos/test: is a folder, not a file'

# nor does a pipe in the place of any file of a TFDS dataset, or of a checkpoint, wait for one who writes
mkdir tfds saved
info='{"name": "pets", "splits": [{"name": "train", "shardLengths": ["1"]}]}'
features='{"featuresDict": {"features": {"image": {"image": {}}, "label": {"classLabel": {"numClasses": "2"}}}}}'
for pipe in dataset_info.json features.json label.labels.txt pets-train.tfrecord-00000-of-00001; do
    rm -f tfds/*
    echo "$info" > tfds/dataset_info.json
    echo "$features" > tfds/features.json
    rm -f tfds/$pipe
    mkfifo tfds/$pipe
    run 1 dataset info tfds
    error_line "^mote: dataset info: tfds/$pipe: a pipe, not a file"
done
mkfifo saved/checkpoint.mote
run 1 train tiny.h5 -o trained.h5 --data photos --train train --checkpoint saved --resume -q
error_line '^mote: train: saved/checkpoint.mote: a pipe, not a file'

# what may not be read is said to be so
run 1 run tiny.tflite photos/test/red/1.png/x.jpg
error_line '^mote: run: photos/test/red/1.png/x.jpg: cannot read it: Not a directory'
mkdir locked
chmod 000 locked
if ! ls locked > locked.out 2>&1; then # root reads everything
    run 1 evaluate tiny.tflite --data locked
    error_line '^mote: evaluate: locked: cannot read it: Permission denied'
fi
