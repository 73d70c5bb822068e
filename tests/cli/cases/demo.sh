# Everything from nothing; the second time on the same photos.
run 0 demo -o out/demo --count 40 --epochs 1
warns 'mote dataset make out/demo/photos --count 40 --size 64 --seed 0$'
warns "mote study --data out/demo/photos --model mote_tiny .* --train 'train\[:80%\]' .* -o out/demo$"
says '^int8 +int8 '
says '^open out/demo/report.html$'
present out/demo/photos/cat/cat.00000.jpg out/demo/trained.h5 out/demo/int8.tflite out/demo/report.html
run 0 demo -o out/demo --count 60 --epochs 1 --json
warns 'out/demo/photos is there: its photos are used again, .*; remove it to draw others'
json models.# 5
json history.# 1
no_leftovers out/demo
mv out/demo "it's here"
run 0 demo -o "it's here" --epochs 1 -q
silent
run 0 demo -o "it's new" --count 40 --epochs 1
warns "^mote: mote dataset make 'it'\\\\''s new/photos' --count 40 "
warns "^mote: mote study --data 'it'\\\\''s new/photos' .* -o 'it'\\\\''s new'$"
says "^open 'it'\\\\''s new/report.html'$"
