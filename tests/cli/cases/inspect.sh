# What a model is made of, and whether it runs: as `run` would say with the same limits.
run 0 inspect tiny.tflite --json
json runs true
json inputs.0.name image
run 0 inspect tiny.tflite --tensors
says "^tiny.tflite: 1 graph, [0-9]+ operators, [0-9]+ tensors, [0-9.]+ (bytes|kB) in all, [0-9.]+ (bytes|kB) of constants$"
says '^every operator runs$'

# one that needs 1.3 GB, which no limit but the user's forbids
run 0 model new mote_tiny -o big.h5 --classes 2 --input 4096 -q
run 0 inspect big.h5
says '^does not run in mote: the network needs [0-9]{10} bytes, more than the limit of '
run 1 run big.h5 photos/test/red/1.png
error_line 'the network needs [0-9]{10} bytes, more than the limit of '
run 0 inspect big.h5 --memory-limit 0 --json
json runs true
run 0 inspect big.h5 --memory-limit 3000
says '^every operator runs$'
run 0 inspect tiny.tflite --memory-limit 1 --json
json runs true
