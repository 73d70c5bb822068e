# Keys that are there, and numbers in an order that they must have.
run 0 benchmark tiny.tflite --runs 7 --warmup 1 --json
for key in init_ms first_ms mean_ms min_ms p50_ms p99_ms arena_bytes weights_bytes peak_rss_bytes; do
    value $key > /dev/null || complain "no $key"
done
printf '%s %s %s %s\n' "$(value min_ms)" "$(value p50_ms)" "$(value p90_ms)" "$(value p99_ms)" |
    awk '{ exit !($1 > 0 && $1 <= $2 && $2 <= $3 && $3 <= $4) }' || complain "quantiles out of order"
run 0 benchmark tiny.tflite --runs 3 --profile --json
json by_op.# 3
run 0 benchmark vector.tflite --runs 1
says '^p50 '
run 1 benchmark missing.tflite
error_line '^mote: benchmark: missing.tflite: '
run 2 benchmark tiny.tflite --runs 0
usage_error 'runs 0: a whole number'
