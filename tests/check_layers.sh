#!/bin/sh
# Holds the include order of the rooms (docs/architecture.md): a file may include its own room and those to the left;
# the command line includes public headers and its own only. File names are unique across the tree.
cd "$(dirname "$0")/.." || exit 1
rooms="base kernels data graph op import pass tflite runtime train evaluate report cli"
status=0
left=""
for room in $rooms; do
    left="$left $room"
    allowed=$left
    [ "$room" = cli ] && allowed=cli
    # "src/op/unary/unary_run.c kernels" for every include of a room
    included_by=$(grep -rHoE '^ *# *include "[a-z0-9_]+/' --include='*.[ch]' --include='*.inc' "src/$room" |
        sed 's/: *# *include "/ /; s|/$||' | sort -u)
    while read -r file included; do
        case " $rooms " in *" $included "*) ;; *) continue ;; esac
        case " $allowed " in *" $included "*) ;; *)
            echo "$file: may not include \"$included/…\" ($room lies left of it)"
            status=1 ;;
        esac
    done <<EOF
$included_by
EOF
done
twice=$(find src include -name '*.[ch]' | sed 's|.*/||' | sort | uniq -d)
for name in $twice; do
    # a public header and the room's own source may share a stem, never a whole name
    echo "two files are called $name: $(find src include -name "$name" | tr '\n' ' ')"
    status=1
done
[ $status -eq 0 ] && echo "check_layers: include order and file names hold"
exit $status
