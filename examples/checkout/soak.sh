#!/bin/sh
# Rehearses each example release under many seeds; each has to end the same way.
# Usage: soak.sh PATH-OF-SLUICE SEEDS
set -eu
sluice=$1
seeds=$2
here=$(dirname "$0")
for pair in good:0 between-looks:1 quiet-night:2 denied:3; do
    scenario=${pair%:*}
    expected=${pair#*:}
    seed=1
    while [ "$seed" -le "$seeds" ]; do
        code=0
        "$sluice" rehearse --quiet "$here/sluice.yaml" --scenario "$here/$scenario.yaml" --seed "$seed" >/dev/null || code=$?
        if [ "$code" -ne "$expected" ]; then
            echo "seed $seed ends differently: sluice rehearse $here/sluice.yaml --scenario $here/$scenario.yaml --seed $seed" >&2
            exit 1
        fi
        seed=$((seed + 1))
    done
    echo "$scenario: $seeds seeds end with exit code $expected"
done
