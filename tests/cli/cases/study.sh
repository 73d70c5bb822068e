# The whole way on photos drawn here; what does not fit is one line, and leaves nothing.
run 0 study --data photos --model mote_tiny --input 32 --epochs 2 --batch 4 --lr 1e-3 --runs 2 -o out
says '^trained +float32 '
says '^int8 +int8 '
says '^open out/report.html$'
present out/trained.h5 out/float32.tflite out/float16.tflite out/dynamic.tflite out/int8.tflite
present out/report.html out/report.csv out/accuracy.png out/accuracy.svg
present out/examples.png out/training.png out/training.svg
json models.# 5 out/report.json
json history.# 2 out/report.json
json models.4.format int8 out/report.json
no_leftovers out
run 0 evaluate out/trained.h5 --data photos --json
json accuracy "$(value models.0.accuracy out/report.json)"

# the chosen splits: train[:80%], train[80%:], test
run 0 study --data photos --model out/trained.h5 --epochs 1 --batch 4 --runs 1 -o out2
warns 'photos: 13 to train on \(train\[:80%\]\), 3 to validate \(train\[80%:\]\), 16 to test \(test\)'

run 1 study --data photos --model nothing -o out3
error_line '^mote: study: nothing: neither a file nor an architecture'
run 1 study --data photos --model out/float32.tflite -o out3
error_line '^mote: study: out/float32.tflite: only Keras models train'
run 1 study --data photos --model out/trained.h5 --weights x.h5 -o out3
error_line 'are for a new model of an architecture'
run 1 study --data nowhere --model mote_tiny -o out3
error_line '^mote: study: nowhere: '
run 1 study --data photos --model mote_tiny --input 32 -o tiny.tflite
error_line 'a file of that name is there'
absent out3
run 2 study --data photos -o out3
usage_error 'model ARCH'
