#!/bin/sh
# Holds the include order of the rooms (docs/architecture.md): a file may include its own room and those to the left;
# the command line includes public headers and its own only. File names are unique across the tree.
cd "$(dirname "$0")/.." || exit 1
rooms="base kernels data graph op import pass tflite runtime train evaluate report cli"
status=0
left=""
for room in $rooms; do
    left="$left $room"
    for file in $(find "src/$room" -name '*.[ch]' -o -name '*.inc' -path "src/$room/*"); do
        for included in $(sed -nE 's/^ *# *include "([a-z0-9_]+)\/.*/\1/p' "$file" | sort -u); do
            case " $rooms " in *" $included "*) ;; *) continue ;; esac
            allowed=$left
            [ "$room" = cli ] && allowed=cli
            case " $allowed " in *" $included "*) ;; *)
                echo "$file: may not include \"$included/…\" ($room lies left of it)"
                status=1 ;;
            esac
        done
    done
done
twice=$(find src include -name '*.[ch]' | sed 's|.*/||' | sort | uniq -d)
for name in $twice; do
    # a public header and the room's own source may share a stem, never a whole name
    echo "two files are called $name: $(find src include -name "$name" | tr '\n' ' ')"
    status=1
done
[ $status -eq 0 ] && echo "check_layers: include order and file names hold"
exit $status
