#!/bin/sh
# Pictures of the pages about the stopped, the good and the undecided release,
# about two canaries and about tests: light, dark, and 400 pixels wide. Needs Chromium.
# Usage: screenshots.sh PATH-OF-SLUICE FOLDER
set -eu
sluice=$1
out=$2
here=$(dirname "$0")
chromium=
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" > /dev/null; then chromium=$name; break; fi
done
if [ -z "$chromium" ]; then
    echo 'there is no Chromium here: install it, or open the pages in out/ in any browser' >&2
    exit 1
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Dark is 0 and light is 1 in Chromium's settings.
picture() {
    "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --blink-settings=preferredColorScheme="$4" \
        --window-size="$3" --screenshot="$out/$2.png" "file://$1" > /dev/null 2>&1
    echo "$out/$2.png"
}

for example in checkout/between-looks checkout/good checkout/quiet-night checkout/denied canary/slower canary/noisy \
    tests/healthy tests/lost-order; do
    scenario=${example#*/}
    folder=$here/../${example%/*}
    "$sluice" rehearse "$folder/sluice.yaml" --scenario "$folder/$scenario.yaml" -q --html "$out/$scenario" > /dev/null || true
    for page in "$out/$scenario"/*.html; do
        name=$scenario-$(basename "$page" .html)
        picture "$page" "$name-light" 1100,3000 1
        picture "$page" "$name-dark" 1100,3000 0
        # A window of Chromium has at least 500 pixels; a frame has what it is given.
        printf '<body style="margin:0"><iframe src="%s" style="width:400px;height:4200px;border:0"></iframe>' \
            "$page" > "$out/narrow.html"
        picture "$out/narrow.html" "$name-narrow" 500,4200 1
        rm "$out/narrow.html"
    done
done
