# The built-in architectures as files, and Keras's file forms.
run 0 model list
says '^EfficientNetB0 +224 x 224 +5.3 M'
run 0 model list --json
json models.0.name EfficientNetB0
json models.0.input 224
json models.0.params 5330571
json models.0.imagenet.notop.url https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5
json models.0.imagenet.top.md5 902e53a9f72be733fc0bcb005b3ebbac
json models.18.name mote_tiny
json models.18.imagenet.top null

run 0 model new mote_tiny -o tiny.h5 --input 32 --classes 3 --seed 4 --json
json output tiny.h5
run 0 model new mote_tiny -o again.h5 --input 32 --classes 3 --seed 4 -q
silent
cmp tiny.h5 again.h5 || complain "the same seed gave another file"
run 0 model new mote-tiny -o other.h5 --input 32 --classes 3 --seed 5 -q
cmp -s tiny.h5 other.h5 && complain "another seed gave the same file"
run 0 summary tiny.h5 --json
json layers.0.output_shape '[null,32,32,3]'
total=$(value total_params)

# a head, with the backbone's weights from a file that has none of it
run 0 model new mote_tiny -o backbone.h5 --input 32 --pooling avg --seed 4 -q
run 0 model new mote_tiny -o head.keras --input 32 --pooling max --weights backbone.h5 \
    --head dense:8:relu,batch_norm,dropout:0.2,dense:2:softmax
says '^head.keras: model, [0-9]+ parameters, '
run 0 summary head.keras
says 'dense_1 \(Dense\) +\(None, 2\)'
run 1 model new mote_tiny -o wrong.h5 --input 32 --weights ../no.h5
error_line '^mote: model new: ../no.h5: '
run 1 model new EfficientNetB0 -o wrong.h5 --input 32 --weights backbone.h5
error_line "^mote: model new: backbone.h5: layer 'normalization' \(Normalization\) has 3 weights in the model, 'stem_conv' 1"
absent wrong.h5

run 0 model copy head.keras -o copy.h5
run 0 model copy copy.h5 -o copy.keras
cmp head.keras copy.keras || complain "a copy of the copy has other bytes"
run 0 summary copy.h5 --json
run 0 model copy tiny.h5 -o -
[ "$(wc -c < stdout)" -eq "$(wc -c < tiny.h5)" ] || complain "standard output has another file"

run 1 model copy tiny.tflite -o tflite.h5
error_line '^mote: model copy: tiny.tflite: only Keras models are copied; this is a tflite model'
absent tflite.h5
run 2 model new NoSuchNet -o x.h5
usage_error "no architecture 'NoSuchNet'"
run 2 model new mote_tiny -o x.h5 --head dense:2:foo
usage_error "head: 'dense:2:foo'"
run 2 model new mote_tiny -o x.tflite
usage_error '-o x.tflite: this makes a Keras file'
run 2 model copy tiny.h5 -o x.tflite
usage_error '-o x.tflite: this makes a Keras file'
run 2 model new mote_tiny -o x.h5 --classes 1
usage_error '1 class: '
absent x.tflite x.h5
run 1 model new mote_tiny -o no/such/x.h5
error_line '^mote: model new: no/such/x.h5: '
