#!/bin/sh
# Rehearses four releases of the example service and checks that each ends as
# its exit code says: 0 pass, 1 fail, 2 inconclusive, 3 gate error.
# Writes a page about each gate into out/, and names that of the stopped release.
# Usage: demo.sh PATH-OF-SLUICE
set -eu
sluice=$1
here=$(dirname "$0")

rehearse() {
    expected=$1
    scenario=$2
    printf '\n=== %s: sluice rehearse %s/sluice.yaml --scenario %s/%s.yaml\n\n' "$scenario" "$here" "$here" "$scenario"
    code=0
    "$sluice" rehearse "$here/sluice.yaml" --scenario "$here/$scenario.yaml" --html "out/$scenario" || code=$?
    if [ "$code" -ne "$expected" ]; then
        printf '\n%s ended with exit code %s, not %s\n' "$scenario" "$code" "$expected" >&2
        exit 1
    fi
    verdicts="$verdicts
  $scenario: exit code $code"
}

verdicts=
rehearse 0 good
rehearse 1 between-looks
rehearse 2 quiet-night
rehearse 3 denied
printf '\nfour releases rehearsed (0 pass, 1 fail, 2 inconclusive, 3 gate error):%s\n' "$verdicts"
printf '\nthe page about the release that was stopped: %s\n' "$PWD/out/between-looks/prod-one-box-bake.html"
