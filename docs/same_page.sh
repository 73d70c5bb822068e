#!/bin/sh
# same_page.sh PROGRAM FILE: FILE is what PROGRAM prints.
"$1" | diff -u "$2" - || { echo "$2 is out of date: ./dev docs"; exit 1; }
