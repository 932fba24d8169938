#!/bin/sh
# Takes one safety after another away, in a copy of the tree, and runs the test
# that has to notice. Red where it does not, and where a patch no longer fits.
# Usage: tests/mutants/run.sh [NAME...]; without names, all of them.
#
# The copy has a target folder of its own: cargo names the crates of a copy as
# it names ours, and would take one for the other. What was built of other
# people's crates is taken over, so that the AWS SDK is not compiled again.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
patches=$root/tests/mutants
cargo=${CARGO:-cargo}
built=${CARGO_TARGET_DIR:-$root/target}/debug
copy=${CARGO_TARGET_DIR:-$root/target}/mutants/tree
log=$copy.log
CARGO_TARGET_DIR=${copy%/tree}/target
export CARGO_TARGET_DIR

if [ $# -eq 0 ]; then
    set -- $(cd "$patches" && ls -- *.patch | sed 's/\.patch$//')
fi
rm -rf "$copy"
mkdir -p "$copy"
if [ ! -d "$CARGO_TARGET_DIR/debug" ] && [ -d "$built/deps" ]; then
    mkdir -p "$CARGO_TARGET_DIR/debug"
    (cd "$built" && tar -cf - --exclude='*sluice*' --exclude='all-*' deps build .fingerprint) |
        tar -xf - -C "$CARGO_TARGET_DIR/debug"
fi
# With the time of now, or what a mutant left in the target folder would count.
(cd "$root" && tar -cf - --exclude=node_modules Cargo.toml Cargo.lock clippy.toml cli docs examples functions infra shared statemachines tests vendor README.md) |
    tar -xmf - -C "$copy"

# All of them have to fit, also where few are tried.
for patch in "$patches"/*.patch; do
    if ! (cd "$copy" && patch -p1 --forward --fuzz=0 --dry-run --silent) <"$patch" >"$log" 2>&1; then
        echo "mutant $(basename "$patch" .patch): the patch no longer fits" >&2
        cat "$log" >&2
        exit 1
    fi
done

# Builds the tests of the copy; the log says why where that fails.
build() {
    (cd "$copy" && "$cargo" test --locked --workspace --test all --no-run) >"$log" 2>&1
}

survived=0
for name in "$@"; do
    patch=$patches/$name.patch
    test=$(sed -n 's/^Caught by: //p' "$patch")
    lost=$(sed -n 's/^Lost: //p' "$patch")
    if ! (cd "$copy" && patch -p1 --forward --fuzz=0 --silent --no-backup-if-mismatch) <"$patch" >"$log" 2>&1; then
        echo "mutant $name: the patch no longer fits" >&2
        cat "$log" >&2
        exit 1
    fi
    if ! build; then
        echo "mutant $name: does not compile" >&2
        tail -n 30 "$log" >&2
        exit 1
    fi
    (cd "$copy" && "$cargo" test --locked --workspace --test all -- --exact "$test") >"$log" 2>&1 || true
    if grep -q "^test $test .*FAILED" "$log"; then
        echo "mutant $name is caught by $test"
    else
        echo "mutant $name SURVIVES $test: $lost" >&2
        tail -n 5 "$log" >&2
        survived=$((survived + 1))
    fi
    (cd "$copy" && patch -p1 --reverse --silent --no-backup-if-mismatch) <"$patch" >/dev/null
done
rm -rf "$copy"
if [ "$survived" -gt 0 ]; then
    echo "$survived of $# mutants survive" >&2
    exit 1
fi
echo "all $# mutants are caught"
