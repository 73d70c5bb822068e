#!/bin/sh
# Every operator that src/import names has a gradient facet in op_list.inc: what imports trains. (A facet without a
# backward pass says that the derivative is zero everywhere.)
cd "$(dirname "$0")/.." || exit 1
made=$(grep -rhoE 'MOTE_OP_[A-Z0-9_]+' --include='*.[ch]' --include='*.inc' src/import | sort -u)
[ -n "$made" ] || { echo "no operators found in src/import"; exit 1; }
status=0
for op in $made; do
    grep -qE "^MOTE_OP\([a-z0-9_]+, ${op#MOTE_OP_}, [0-9]+, [A-Z]+, GRAD\)" include/mote/op_list.inc || {
        echo "${op#MOTE_OP_}: the importer makes it, and it has no gradient"
        status=1
    }
done
[ $status -eq 0 ] && echo "check_gradients: all of $(printf '%s\n' "$made" | wc -l) operators"
exit $status
