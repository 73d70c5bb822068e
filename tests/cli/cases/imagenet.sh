# --weights imagenet against a server on this machine that cuts, redirects and lies.
unset MOTE_CACHE
export XDG_CACHE_HOME=$PWD/cache
file=cache/mote/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_128_no_top.h5

# what Keras's file is like: of MobileNetV2, for which Keras states no MD5
run 0 model new MobileNetV2 -o backbone.h5 --pooling avg --input 128 --seed 3 -q

serve backbone.h5

run 0 model new MobileNetV2 -o got.h5 --input 128 --classes 3 --weights imagenet --url "$url/cut" --seed 3
warns 'trying again'
warns "$file: fetched"
cmp -s backbone.h5 "$file" || complain "the fetched file is another"
# from the cache, and the same as from the file
run 0 model new MobileNetV2 -o again.h5 --input 128 --classes 3 --weights imagenet --url "$url/nowhere" --seed 3 -q
silent
cmp -s got.h5 again.h5 || complain "the cache gave another model"
run 0 model new MobileNetV2 -o byfile.h5 --input 128 --classes 3 --weights backbone.h5 --seed 3 -q
cmp -s got.h5 byfile.h5 || complain "--weights FILE gave another model"
# a part that an earlier run left
head -c 100000 backbone.h5 > "$file.part"
rm "$file"
run 0 model new MobileNetV2 -o got.h5 --input 128 --classes 3 --weights imagenet --url "$url/hop" --seed 3 -q
silent
cmp -s backbone.h5 "$file" || complain "the resumed file is another"
# other sizes: those of 224 pixels
run 1 model new MobileNetV2 -o lost.h5 --input 96 --weights imagenet --url "$url/nowhere"
error_line '404.*put it at .*/cache/mote/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5'

# MD5 as Keras states it: another file is not kept
run 1 model new EfficientNetB0 -o lost.h5 --classes 2 --weights imagenet --url "$url/whole"
error_line 'its MD5 is [0-9a-f]*, not 50bc09e76180e00e4465e1a485ddc09d'
run 1 model new EfficientNetB0 -o lost.h5 --weights imagenet --url "$url/whole" -q
error_line 'efficientnetb0.h5.*its MD5 is [0-9a-f]*, not 902e53a9f72be733fc0bcb005b3ebbac'
run 1 model new EfficientNetB0 -o lost.h5 --classes 2 --weights imagenet --url "$url/stall" --timeout 1 -q
error_line 'put it at .*/cache/mote/efficientnetb0_notop.h5'
run 1 model new EfficientNetB0 -o lost.h5 --classes 2 --weights imagenet --url http://127.0.0.1:1/x
error_line 'put it at .*/cache/mote/efficientnetb0_notop.h5'
cp backbone.h5 cache/mote/efficientnetb0_notop.h5
run 1 model new EfficientNetB0 -o lost.h5 --classes 2 --weights imagenet
error_line 'efficientnetb0_notop.h5: its MD5 is .*remove it to fetch it anew'
rm cache/mote/efficientnetb0_notop.h5
# without one, the content tells
printf 'a page to log in at' > "$file"
run 1 model new MobileNetV2 -o lost.h5 --input 128 --classes 3 --weights imagenet
error_line "$file: .*remove the file to fetch it anew"
stop_serving

# what cannot be made is not fetched
run 2 model new MobileNetV2 -o lost.h5 --weights imagenet --head nonsense --url http://127.0.0.1:1/x
usage_error 'not a layer of a head'
run 1 model new mote_tiny -o lost.h5 --weights imagenet
error_line 'mote_tiny has no ImageNet weights'
run 2 model new mote_tiny -o lost.h5 --url http://127.0.0.1:1/x
usage_error '--url says where'
run 1 study --data photos --model mote_tiny --weights imagenet -o lost
error_line 'mote_tiny has no ImageNet weights'
run 1 study --data photos --model EfficientNetB0 --weights imagenet --url http://127.0.0.1:1/x -o lost
error_line 'put it at .*/cache/mote/efficientnetb0_notop.h5'
XDG_CACHE_HOME=/proc/none run 1 model new ResNet50 -o lost.h5 --weights imagenet
error_line '/proc/none'
absent lost.h5 lost
