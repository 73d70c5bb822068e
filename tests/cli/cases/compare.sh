# Table and files; what loses accuracy is warned of; on any failure no file is there.
run 0 convert tiny.tflite -o half.tflite --quantize float16
run 0 convert tiny.tflite -o int8.tflite --quantize int8 --calibrate photos --split train
run 0 compare int8.tflite tiny.tflite half.tflite --data photos --split test -o out --runs 3 -q --json
silent
cp stdout printed.json
cmp -s stdout out/report.json || complain "report.json is not what --json prints"
json models.# 3
json models.0.model int8.tflite
json models.0.format int8
json models.0.bytes "$(wc -c < int8.tflite)"
json models.1.accuracy 0.9375
json models.1.accuracy_low 0.716713
json models.2.agreement 1
json reference tiny.tflite # the float one, though not the first
value models.0.p50_ms > /dev/null || complain "no latency"
present out/report.html out/report.csv out/accuracy.png out/accuracy.svg
no_leftovers out
grep -q '^tiny.tflite,float32,[0-9]*,16,0,0.937500,' out/report.csv || complain "report.csv lacks a line"
grep -q '</html>' out/report.html || complain "report.html is cut"
! grep -Eq '(src|href|url)[^a-z]{1,2}https?:' out/report.html || complain "report.html needs a network"

run 0 compare tiny.tflite --data photos -o out2
says '^model +format +accuracy +95% interval +size +latency +agreement'
says '^tiny +float32 +93.75% +71.67 to 98.89 '
says '^open out2/report.html$'

# names that would be markup, and twice the same
mkdir -p other '<b>&'
cp tiny.tflite other/tiny.tflite
cp half.tflite '<b>&/"half.tflite'
run 0 compare tiny.tflite other/tiny.tflite '<b>&/"half.tflite' --data photos -o out3 --runs 1 -q
grep -q '&quot;half' out3/report.html || complain "a name is not there as text"
! grep -q '<b>&' out3/report.html || complain "a name is markup in report.html"

# a photo that cannot be decoded is named once, not once a model
echo 'no photo' > photos/test/red/broken.jpg
run 0 compare tiny.tflite half.tflite --data photos -o out4 --runs 1
[ "$(grep -c 'skipped .*broken.jpg' stderr)" -eq 1 ] || complain "the warning is not there once"
json models.1.skipped 1 out4/report.json
run 1 compare tiny.tflite half.tflite --data photos -o out5 --runs 1 --strict
error_line 'broken.jpg'
absent out5
rm photos/test/red/broken.jpg

run 1 compare tiny.tflite missing.tflite --data photos -o out5
error_line '^mote: compare: missing.tflite: '
run 1 compare tiny.tflite three.tflite --data photos -o out5
error_line '^mote: compare: three.tflite: the model tells 3 classes apart'
run 1 compare tiny.tflite --data photos -o tiny.tflite/out
error_line '^mote: compare: tiny.tflite'
run 1 compare tiny.tflite --data photos -o tiny.tflite
error_line 'a file of that name is there'
absent out5
# a disk that is full: files of more than a block cannot be written
(
    trap '' XFSZ
    ulimit -f 8
    run 1 compare tiny.tflite --data photos -o out5 -q
    error_line 'cannot write|cannot be written'
    exit $failed
) || failed=1
absent out5
mkdir out6
(
    trap '' XFSZ
    ulimit -f 8
    run 1 compare tiny.tflite --data photos -o out6 -q
    exit $failed
) || failed=1
[ -z "$(ls -A out6)" ] || complain "files are left in out6"
run 2 compare tiny.tflite --data photos
usage_error 'output DIR is needed'
run 2 compare --data photos -o out7
usage_error 'MODEL... is needed'

# a Keras file beside its .tflite
run 0 model new mote_tiny -o keras.h5 --classes 2 --input 32 -q
run 0 convert keras.h5 -o keras.tflite
run 0 compare keras.tflite keras.h5 --data photos -o out8 --runs 1
says '^keras.tflite +float32 '
says '^keras.h5 +float32 .* 100.00%$'
