#!/bin/sh
# Rehearses six releases of the example service and checks that each ends as
# its exit code says: 0 pass, 1 fail, 2 inconclusive, 3 gate error.
# Writes a page about each gate that judged into out/, and names them.
# Usage: demo.sh PATH-OF-SLUICE
set -eu
sluice=$1
examples=$(dirname "$0")/..

rehearse() {
    expected=$1
    folder=$2
    scenario=$3
    plan="examples/$folder/sluice.yaml"
    printf '\n=== %s: sluice rehearse %s --scenario examples/%s/%s.yaml\n\n' "$scenario" "$plan" "$folder" "$scenario"
    rm -f "out/$scenario"/*.html
    code=0
    "$sluice" rehearse "$examples/$folder/sluice.yaml" --scenario "$examples/$folder/$scenario.yaml" \
        --html "out/$scenario" || code=$?
    if [ "$code" -ne "$expected" ]; then
        printf '\n%s ended with exit code %s, not %s\n' "$scenario" "$code" "$expected" >&2
        exit 1
    fi
    verdicts="$verdicts
  $scenario: exit code $code"
    for page in "out/$scenario"/*.html; do
        pages="$pages
  $PWD/$page"
    done
}

verdicts=
pages=
rehearse 0 checkout good
rehearse 1 checkout between-looks
rehearse 2 checkout quiet-night
rehearse 3 checkout denied
# A new version beside the old one: its slowest requests are 30 % slower from
# minute 20 on; and one that is as good, in metrics that jump about.
rehearse 1 canary slower
rehearse 0 canary noisy
printf '\nsix releases rehearsed (0 pass, 1 fail, 2 inconclusive, 3 gate error):%s\n' "$verdicts"
printf '\na page about each gate:%s\n' "$pages"
