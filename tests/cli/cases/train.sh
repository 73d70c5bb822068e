# A run from a new model to a trained one; what it leaves, how it goes on, and what it refuses.
run 0 model new mote_tiny -o tiny.h5 --input 32 --head batch_norm,dense:2:softmax -q
cp -r photos ok

run 0 train tiny.h5 -o a.h5 --data ok --train train --val test --epochs 3 --batch 4 --lr 1e-3 --seed 5 --keep last \
    --augment flip,rotate:0.05,zoom:0.1,brightness:0.1 --metrics top1,auc,precision --checkpoint cka --json -q
silent
[ "$(wc -l < stdout)" -eq 3 ] || complain "not one JSON line for each epoch"
head -1 stdout > first
json epoch 1 first
value loss first > /dev/null || complain "no loss"
for key in accuracy val_loss val_accuracy val_auc val_precision seconds images_per_second learning_rate step; do
    grep -q "\"$key\":" first || complain "no $key in the first epoch's line"
done
present a.h5 cka/checkpoint.mote cka/best.h5 cka/history.csv
says '"epoch":3'
grep -q '^epoch,loss,accuracy,' cka/history.csv || complain "history.csv has no header"

# the same weights at another number of threads, and after stops of all kinds
run 0 train tiny.h5 -o b.h5 --data ok --train train --val test --epochs 3 --batch 4 --lr 1e-3 --seed 5 --keep last \
    --augment flip,rotate:0.05,zoom:0.1,brightness:0.1 --threads 3 -q
cmp a.h5 b.h5 || complain "other weights with other threads"
run 0 train tiny.h5 -o c.h5 --data ok --train train --val test --epochs 1 --batch 4 --lr 1e-3 --seed 5 --keep last \
    --augment flip,rotate:0.05,zoom:0.1,brightness:0.1 --checkpoint ckc -q
run 0 train tiny.h5 -o c.h5 --data ok --train train --val test --epochs 3 --batch 4 --lr 1e-3 --seed 5 --keep last \
    --augment flip,rotate:0.05,zoom:0.1,brightness:0.1 --checkpoint ckc --resume
warns 'going on after epoch 1'
warns '^mote: next: mote evaluate c.h5'
cmp a.h5 c.h5 || complain "other weights after a resume"
for delay in 0.05 0.1 0.2 0.3; do
    "$MOTE" train tiny.h5 -o d.h5 --data ok --train train --val test --epochs 3 --batch 4 --lr 1e-3 --seed 5 --keep last \
        --augment flip,rotate:0.05,zoom:0.1,brightness:0.1 --checkpoint ckd --checkpoint-steps 1 --resume -q > out 2>&1 &
    sleep "$delay"
    kill -9 $! 2> kills || true
    wait $! 2> kills || true
done
run 0 train tiny.h5 -o d.h5 --data ok --train train --val test --epochs 3 --batch 4 --lr 1e-3 --seed 5 --keep last \
    --augment flip,rotate:0.05,zoom:0.1,brightness:0.1 --checkpoint ckd --checkpoint-steps 1 --resume -q
cmp a.h5 d.h5 || complain "other weights after kill -9"

# Ctrl-C saves; what is frozen stays as it was
"$MOTE" train tiny.h5 -o e.h5 --data ok --train train --epochs 100000 --batch 4 --checkpoint cke -q > out 2> err &
sleep 1
kill -TERM $!
code=0
wait $! || code=$?
[ "$code" -eq 143 ] || complain "a stopped run ended with $code"
grep -q '^mote: train: stopped in epoch .*; e.h5 has the weights of that moment, --resume goes on' err || complain "no word of the stop"
present e.h5 cke/checkpoint.mote
run 0 train tiny.h5 -o f.keras --data ok --train train --freeze '^(stem|block|top)' --optimizer sgd --schedule cosine \
    --warmup 2 --momentum 0.9 --label-smoothing 0.1 --class-weights balanced --ema 0.9 --history h.jsonl --tensorboard tb
warns 'parameters train$'
present f.keras h.jsonl
ls tb/train/events.out.tfevents.* > files || complain "no event file"
run 0 summary f.keras --json
trainable=$(value trainable_params)
[ "$trainable" -lt 2000 ] || complain "frozen layers are not frozen in the file"
run 0 evaluate f.keras --data ok --split test --json

# what does not fit is one line
run 1 train tiny.h5 -o x.h5 --data ok --train train --batch 4 --epochs 3 --lr 1e-3 --seed 6 --checkpoint cka --resume
error_line "^mote: train: cka/checkpoint.mote: it is of another run: its "
head -c 5000 cka/checkpoint.mote > cut
cp cut cka/checkpoint.mote
run 1 train tiny.h5 -o x.h5 --data ok --checkpoint cka --resume --batch 4
error_line '^mote: train: cka/checkpoint.mote: it is damaged'
run 1 train tiny.h5 -o x.h5 --data ok --batch 1000
error_line '^mote: train: the training split has .* fewer than a batch of 1000'
run 1 train tiny.h5 -o x.h5 --data ok --batch 1
error_line "a batch of 1 has no variance for layer 'batch_normalization'"
mkdir -p single/red
cp photos/train/red/* single/red
run 1 train tiny.h5 -o x.h5 --data single --batch 2
error_line "all .* training photos are of one class \('red'\)"
run 0 model new mote_tiny -o one.h5 --input 32 --classes 1 --pooling avg -q
run 0 train one.h5 -o one_trained.h5 --data ok --batch 4 -q
run 0 model new mote_tiny -o nine.h5 --input 32 --head dense:1:softmax -q
run 1 train tiny.h5 -o x.h5 --data ok --freeze nosuchlayer
error_line "no layer's name matches 'nosuchlayer'"
run 1 train tiny.h5 -o x.h5 --data ok --freeze '('
error_line "is no regular expression"
run 1 train tiny.h5 -o x.h5 --data ok --freeze .
warns "^mote: train: nothing trains"
run 2 train tiny.h5 -o x.h5 --data ok --augment wobble
usage_error "--augment: 'wobble' is no augmentation"
run 2 train tiny.h5 -o x.h5 --data ok --schedule sometimes
usage_error "--schedule: 'sometimes' is no schedule"
run 2 train tiny.h5 -o x.h5 --data ok --metrics beauty
usage_error "--metrics: 'beauty' is none of top5, auc, precision, recall"
run 1 train tiny.h5 -o x.h5 --data ok --class-weights 1,2,3
error_line "class-weights 1,2,3: give 'balanced' or 2 numbers"
run 1 train tiny.h5 -o x.h5 --data ok --qat int8
error_line '^mote: train: --qat int8: .*not there yet'
run 1 train tiny.h5 -o no/such/x.h5 --data ok --batch 4
error_line '^mote: train: no/such/x.h5: '
run 1 train tiny.tflite -o x.h5 --data ok
error_line '^mote: train: tiny.tflite: only Keras models train'
run 1 train tiny.h5 -o x.h5 --data ok --batch 4 --optimizer sgd --lr 1000 --epochs 40
error_line '^mote: train: epoch .*: step .*not finite.*try a lower learning rate'
run 2 train tiny.h5 -o x.tflite --data ok
usage_error '-o x.tflite: this makes a Keras file'
run 0 model new mote_tiny -o always1.h5 --input 32 --head dense:1:softmax -q
run 1 train always1.h5 -o x.h5 --data ok --batch 4
error_line 'softmax of one value, which is always 1'
run 2 train tiny.h5 -o x.h5 --data ok --resume
usage_error '--resume needs --checkpoint'
for pair in '--histograms:--tensorboard' '--checkpoint-steps 2:--checkpoint' '--nesterov:--optimizer sgd' \
    '--momentum 0.5:--optimizer sgd or rmsprop' '--validation-steps 2:--val SPLIT'; do
    run 2 train tiny.h5 -o x.h5 --data ok ${pair%%:*}
    usage_error "^mote: train: ${pair%% *}.* needs ${pair#*:}|^mote: train: ${pair%%:*} needs ${pair#*:}"
done
run 2 study --model tiny.h5 -o x --data ok --nesterov
usage_error '^mote: study: --nesterov needs --optimizer sgd'
cp tiny.h5 before.h5
run 2 train tiny.h5 -o x.h5 --data ok --history tiny.h5
usage_error '--history tiny.h5: this makes a history, .csv or .jsonl'
cmp -s tiny.h5 before.h5 || complain "$last: the model is gone"
run 1 train tiny.h5 -o x.h5 --data ok --val nowhere
error_line "ok: there is no split 'nowhere'; the data has "
absent x
absent x.h5
no_leftovers
