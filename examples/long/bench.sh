#!/bin/sh
# What a rehearsal costs. Usage: bench.sh PATH-OF-SLUICE
set -eu
sluice=$1
here=$(dirname "$0")
echo "a bake of 22 hours, 20 quiet alarms, a look every 30 s:"
"$sluice" rehearse --quiet "$here/sluice.yaml" --scenario "$here/scenario.yaml" | sed -n '/^release /,$p'
echo
echo "a release begun at every full hour of a recorded series:"
"$sluice" rehearse --quiet "$here/../recorded/sluice.yaml" --scenario "$here/../recorded/scenario.yaml" \
    --begin-every 1h --windows "$here/../recorded/windows.json"
