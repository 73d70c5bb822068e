# What --help prints, of mote and of every verb that it lists; the man page has the same options.
run 0 --help
golden help
silent
# a verb may have two words; the summary follows after two blanks or more
sed -nE 's/^  ([a-z]+( [a-z]+)?)  .*/\1/p' stdout > verbs
[ "$(wc -l < verbs)" -ge 5 ] || complain "mote --help lists too few verbs"
while read -r verb; do
    run 0 $verb --help
    golden "help_$(echo "$verb" | tr ' ' '_')"
    silent
    [ "$(sed '/^examples:/,$d' stdout | tail -n +5 | wc -L)" -le 100 ] || complain "$last: lines of more than 100 columns"
    cp stdout help.out
    grep -oE '^ +(-., )?--[a-z-]+' stdout | grep -oE '\-\-[a-z-]+' | sort > options
    run 0 --man "$(echo "$verb" | tr ' ' '-')"
    sed 's/\\-/-/g' stdout > page
    while read -r option; do
        grep -q -e "$option" page || complain "the man page of $verb lacks $option"
    done < options
    [ "$(grep -c '(needed)' stdout)" -eq "$(grep -c '(needed)' help.out)" ] || complain "the man page of $verb has other needs"
done < verbs
