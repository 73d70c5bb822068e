# dataset make, info and show: a drawn set, the same for the same seed; counts; the grid; what cannot be.
run 0 dataset make pets --count 21 --size 32 --seed 4 --json
json examples 21
json per_class.cat 11
json per_class.dog 10
[ "$(find pets -name '*.jpg' | wc -l)" -eq 21 ] || complain "not 21 photos"
run 0 dataset make again --count 21 --size 32 --seed 4 --threads 3
diff -r pets again > /dev/null || complain "the same seed drew another set"
run 0 dataset make other --count 21 --size 32 --seed 5 -q
diff -r pets other > /dev/null && complain "another seed drew the same set"
mkdir empty
run 0 dataset make empty --count 2 --size 16
present empty/cat/cat.00000.jpg empty/dog/dog.00000.jpg
run 1 dataset make pets --count 2
error_line '^mote: dataset make: pets: .*not empty'
: > file
run 1 dataset make file --count 2
error_line '^mote: dataset make: file: '
run 1 dataset make nowhere/pets --count 2
error_line '^mote: dataset make: nowhere/pets: '
absent nowhere
run 2 dataset make
usage_error 'DIR'
run 2 dataset make more --size 8
usage_error 'size'
[ -z "$(find . -name '*.??????' -type d)" ] || complain "a temporary folder is left"

run 0 dataset info pets --json
json examples 21
json classes.0 cat
json classes.1 dog
json per_class.cat 11
json per_class.dog 10
json width.min 32
json width.max 32
json height.mean 32
json skipped 0
run 0 dataset info --data photos --json
json examples 32
json splits.train 16
json per_class.red 16
run 0 dataset info photos --split 'test[:5]' --json
json examples 5
run 0 dataset info photos
says '^split      test: 16'
says '^class      blue: 16'
run 0 dataset info --data images.npy --labels labels.npy --json
json examples 16
json width.min 8
printf 'no photo' > pets/cat/text.jpg
: > pets/dog/empty.png
run 0 dataset info pets --json
json examples 21
json skipped 2
warns 'skipped pets/cat/text.jpg: neither a JPEG nor a PNG'
run 0 dataset info pets/./ --json
warns 'skipped pets/cat/text.jpg: '
run 1 dataset info pets --strict -q
error_line '^mote: dataset info: pets/(cat/text.jpg|dog/empty.png): '
run 1 dataset info nowhere
error_line '^mote: dataset info: nowhere: '
mkdir -p one/class
run 1 dataset info one
error_line '^mote: dataset info: one/class: no photos'
run 2 dataset info
usage_error 'DIR is needed'
run 2 dataset info pets --data pets
usage_error 'one of them is enough'

run 0 dataset show pets -o grid.png
present grid.png
[ "$(head -c 8 grid.png | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || complain "grid.png is no PNG"
run 0 dataset show pets -o grid.svg --count 4 --dark
grep -q '<svg' grid.svg || complain "grid.svg is no SVG"
run 0 dataset show --data images.npy --labels labels.npy -o arrays.png --count 400
present arrays.png
run 0 dataset show pets -o -
[ "$(head -c 4 stdout | od -An -tx1 | tr -d ' \n')" = 89504e47 ] || complain "no PNG on standard output"
run 0 dataset show pets -o grid.SVG
grep -q '<svg' grid.SVG || complain "grid.SVG is no SVG"
run 0 dataset show pets -o grid
[ "$(head -c 4 grid | od -An -tx1 | tr -d ' \n')" = 89504e47 ] || complain "grid is no PNG"
for name in x.txt x.jpg x.h5 x.tar.gz; do
    run 2 dataset show pets -o $name
    usage_error "^mote: dataset show: -o $name: this makes a picture, .png or .svg"
    absent $name
done
run 1 dataset show pets -o nowhere/grid.png
error_line '^mote: dataset show: nowhere/grid.png: '
run 2 dataset show pets
usage_error 'output'
run 2 dataset show pets -o grid.png --count 0
usage_error 'count'
if [ -w /dev/full ]; then
    run 1 dataset show pets -o /dev/full -q
    error_line 'no space left'
fi
no_leftovers
