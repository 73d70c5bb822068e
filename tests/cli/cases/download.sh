# dataset download against a server on this machine that cuts, redirects and lies, and archives that mean harm.
"$MOTE" dataset make pets --count 8 --size 64 -q > /dev/null
printf 'GIF89a, which is none' > unreadable
printf 'read me' > readme
printf '/etc/passwd' > target
set -- good.zip README readme PetImages/Cat/Thumbs.db readme PetImages/Cat/666.jpg unreadable 'PetImages\Dog\11702.jpg' unreadable
for i in 0 1 2 3; do
    set -- "$@" PetImages/Cat/$i.jpg pets/cat/cat.0000$i.jpg "PetImages/Dog/$i.jpg" pets/dog/dog.0000$i.jpg
done
"$MAKE_ZIP" "$@"
sum=$(sha256sum good.zip | cut -d' ' -f1)

serve good.zip
run 0 dataset download cats_vs_dogs fetched --url "$url/whole" --sha256 "$sum" --json
json examples 8
json per_class.cat 4
json per_class.dog 4
json dropped 2
cmp -s fetched/dog/3.jpg pets/dog/dog.00003.jpg || complain "a photo is not as it was"
absent fetched.zip fetched.zip.part
run 0 dataset info fetched --json
json examples 8
run 0 dataset download cats_vs_dogs fetched --url "$url/nowhere"
warns 'there already'
run 0 dataset download cats_vs_dogs deep/er/cut/ --url "$url/cut" --sha256 "$sum" --keep-archive
says '^deep/er/cut: 8 photos'
warns 'trying again'
present deep/er/cut.zip
head -c 5000 good.zip > resumed.zip.part
run 0 dataset download cats_vs_dogs resumed --url "$url/whole" --sha256 "$sum" -q
silent
cp good.zip byhand.zip
run 0 dataset download cats_vs_dogs byhand --url "http://127.0.0.1:1/" --sha256 "$sum"
run 1 dataset download cats_vs_dogs photos --url "$url/whole" --sha256 "$sum"
error_line 'photos: is there and not empty'
absent photos.zip
run 1 dataset download cats_vs_dogs lost --url "$url/nowhere" --sha256 "$sum"
error_line '404.*get it by hand and put it at lost.zip'
run 1 dataset download cats_vs_dogs lost --url "$url/loop" --sha256 "$sum"
error_line 'redirect'
run 1 dataset download cats_vs_dogs lost --url "$url/file" --sha256 "$sum"
error_line 'lost.zip'
run 1 dataset download cats_vs_dogs lost --url "file://$PWD/good.zip" --sha256 "$sum"
error_line 'lost.zip'
run 1 dataset download cats_vs_dogs lost --url "$url/whole" --sha256 "0$sum"
error_line 'SHA-256'
run 1 dataset download cats_vs_dogs lost --url "$url/whole"
error_line 'not the 824887076'
run 1 dataset download cats_vs_dogs lost --url "http://127.0.0.1:1/x" --sha256 "$sum"
error_line 'by hand and put it at lost.zip'
run 1 dataset download cats_vs_dogs lost --url "$url/stall" --sha256 "$sum" --timeout 1 -q
error_line 'lost.zip'
absent lost lost.zip
# a disk too small for it: what is there stays for another try, and nothing else
mkdir disk
if mount -t tmpfs -o size=8k mote disk 2> /dev/null; then
    trap 'umount disk; rm -rf "$folder"' EXIT
    run 1 dataset download cats_vs_dogs disk/small --url "$url/whole" --sha256 "$sum" -q
    error_line '^mote: dataset download: disk/small.zip.part: no space left on the device; free some and run this again'
    absent disk/small disk/small.zip
    present disk/small.zip.part
    umount disk
    trap 'rm -rf "$folder"' EXIT
else
    echo 'SKIP: a disk of our own takes root'
fi
stop_serving

# archives that mean harm: what is no photo of a cat or dog is not written anywhere
mkdir outside
"$MAKE_ZIP" evil.zip PetImages/Cat/1.jpg pets/cat/cat.00000.jpg PetImages/Dog/1.jpg pets/dog/dog.00000.jpg \
    PetImages/Cat/../../../../outside/1.jpg pets/cat/cat.00000.jpg ../outside/2.jpg pets/cat/cat.00000.jpg \
    "$PWD/outside/3.jpg" pets/cat/cat.00000.jpg @PetImages/Dog/link target PetImages/Cat/..jpg readme \
    PetImages/Cat/12345678901234567890.jpg readme @PetImages/Dog/7.jpg target
cp evil.zip evil.zip.copy
run 0 dataset download cats_vs_dogs evil --sha256 none --json
json examples 2
[ -z "$(ls outside)" ] || complain "an entry got out"
[ "$(find evil ! -type d | wc -l)" -eq 2 ] && [ -z "$(find evil -type l)" ] || complain "more than two photos in evil"
truncate -s 70M zeros
"$MAKE_ZIP" bomb.zip PetImages/Cat/1.jpg zeros
[ "$(wc -c < bomb.zip)" -lt 1000000 ] || complain "the bomb is no bomb"
run 1 dataset download cats_vs_dogs bomb --sha256 none
error_line 'bomb.zip: it unpacks to more than photos are'
"$MAKE_ZIP" twice.zip PetImages/Cat/1.jpg pets/cat/cat.00000.jpg 'PetImages\Cat\1.jpg' pets/cat/cat.00000.jpg
run 1 dataset download cats_vs_dogs twice --sha256 none
error_line 'cat/1.jpg is in the archive twice'
"$MAKE_ZIP" none.zip README readme
run 1 dataset download cats_vs_dogs none --sha256 none
error_line 'no photos PetImages/Cat'
head -c 3000 good.zip > cut.zip
run 1 dataset download cats_vs_dogs cut --sha256 none
error_line 'cut.zip: no readable zip archive'
cp good.zip flipped.zip
printf 'XXXXXXXX' | dd of=flipped.zip bs=1 seek=2000 conv=notrunc 2> dd.log
run 1 dataset download cats_vs_dogs flipped --sha256 none
error_line "flipped.zip: entry 'PetImages"
absent bomb twice none cut flipped
[ -z "$(find . -name '*.??????' -type d)" ] || complain "a temporary folder is left"
run 2 dataset download dogs_vs_birds x
usage_error 'there is cats_vs_dogs'
run 2 dataset download cats_vs_dogs
usage_error 'DIR'
