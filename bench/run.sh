#!/usr/bin/env bash
# mote's benchmarks, side by side with LiteRT in one run where its virtual environment (./dev peers) is there.
# Times are medians of what `mote benchmark` and the peers' own loops report; the machine is named first.
set -euo pipefail
cd "$(dirname "$0")/.."

model=${1:-../shared/study/trained.h5}
photos=${2:-../shared/data/cats_vs_dogs}
mote=build/mote
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
[ -e "$model" ] && [ -e "$photos" ] || { echo "usage: ./dev bench [MODEL.h5 PHOTOS]   ($model or $photos is absent)" >&2; exit 2; }

# timed NAME COMMAND...: wall seconds and peak memory of one process
timed() {
    local name=$1
    shift
    python3 - "$name" "$@" <<'EOF'
import os, subprocess, sys, time, resource
name, command = sys.argv[1], sys.argv[2:]
start = time.monotonic()
child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
seconds = time.monotonic() - start
print(f"{name:34s} {seconds:8.3f} s   {usage.ru_maxrss / 1024:8.1f} MB" + ("" if status == 0 else "   FAILED"))
EOF
}

echo "machine: $(nproc) cores, $(sed -nE 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
$mote --version
echo
echo "--- size ---"
ls -l "$mote" | awk '{printf "%-34s %8.0f kB\n", "the binary", $5 / 1024}'
echo
echo "--- conversion: wall seconds, peak memory ---"
timed "mote --version (start-up)" $mote --version
for form in float32 float16 dynamic; do
    timed "convert $form" $mote convert "$model" -o "$out/$form.tflite" --quantize $form -q
done
for form in int8 int16x8; do
    io=()
    [ $form = int8 ] && io=(--input-type uint8 --output-type uint8)
    timed "convert $form, 100 photos" $mote convert "$model" -o "$out/$form.tflite" --quantize $form \
        --calibrate "$photos" --split train --samples 100 "${io[@]}" -q
done
echo
echo "--- evaluation on 200 photos, all cores ---"
for form in float32 dynamic int8; do
    timed "evaluate $form" $mote evaluate "$out/$form.tflite" --data "$photos" --split 'test[:200]' -q
done
echo
echo "--- latency of one photo, milliseconds (median; minimum) ---"
for threads in 1 4; do
    for form in float32 float16 dynamic int8 int16x8; do
        $mote benchmark "$out/$form.tflite" --threads $threads --json -q |
            python3 -c "import json,sys; d=json.load(sys.stdin); print(f'mote    {\"$form\":8s} $threads threads  {d[\"p50_ms\"]:8.2f}  {d[\"min_ms\"]:8.2f}   arena {d[\"arena_bytes\"]/1e6:.1f} MB')"
        [ -x .venv/bin/python ] && .venv/bin/python bench/litert_latency.py "$out/$form.tflite" $threads "$form" || true
    done
done
[ -x .venv/bin/python ] || echo "(LiteRT beside it: run ./dev peers once)"
echo
echo "--- a training step, batch 16, all cores ---"
build/bench/train_step "$model" 16 10
for peer in tensorflow torch; do
    [ -x .venv/bin/python ] && .venv/bin/python bench/train_peers.py $peer 10 2> /dev/null ||
        echo "($peer beside it: run ./dev peers once; torch also needs .venv/bin/pip install torch torchvision)"
done
echo
echo "--- a photo, decoded and resized to 224 x 224 by one thread ---"
build/bench/decode_photos "$photos" 200
[ -x .venv/bin/python ] && .venv/bin/python bench/decode_peers.py "$photos" 200 2> /dev/null || echo "(TensorFlow beside it: run ./dev peers once)"
