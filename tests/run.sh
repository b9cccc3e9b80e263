#!/bin/sh
# The whole suite, on a fresh Debian 12 or where its packages are already there: sh tests/run.sh [--quick] [--cross]
#
#   --quick   one build (g++, Release) with all its tests, lint included
#   --cross   also on emulated processors, one of them big-endian (tests/cross.sh; without it where the tools are there)
#
# Builds under build/, one folder a preset; build/log/ has what the stages said. Ends with 0 when everything passed.

set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
. tests/packages.sh

quick=no
cross=auto
for option; do
    case $option in
        --quick) quick=yes ;;
        --cross) cross=yes ;;
        *) sed -n '2,7s/^# \{0,1\}//p' tests/run.sh; exit 2 ;;
    esac
done

packages='cmake make g++ catch2 libcli11-dev nlohmann-json3-dev libbenchmark-dev libeigen3-dev zlib1g-dev python3'
[ $quick = yes ] || packages="$packages clang libclang-rt-dev"
# shellcheck disable=SC2086  # several words are wanted
need $packages || exit 1

jobs=$(nproc)
if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
mkdir -p build/log
failed=

# stage NAME COMMAND...: runs it, says how long it took and which tests were skipped; a failure does not stop the others.
stage() {
    name=$1
    shift
    log=build/log/$name.txt
    begin=$(date +%s)
    if "$@" >"$log" 2>&1; then
        result=passed
    else
        result=FAILED
        failed="$failed $name"
    fi
    printf '%-16s %s, %s s%s\n' "$name" "$result" "$(($(date +%s) - begin))" \
        "$(sed -n 's/^\([0-9]*\)% tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/: \3 tests, \2 failed/p' "$log")"
    sed -n 's/^.*Test *#[0-9]*: \(.*[^.]\) \.*\*\*\*Skipped.*$/                 skipped: \1/p' "$log"
    if [ $result = FAILED ]; then
        tail -n 100 "$log"
        echo "---- more in $log"
    fi
}

build_and_test() {
    cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs" && ctest --preset "$1" -j "$jobs"
}

each_header_alone() {
    cmake --build --preset dev -j "$jobs" --target all_verify_interface_header_sets
}

stage dev build_and_test dev
stage headers each_header_alone
if [ $quick = no ]; then
    stage clang build_and_test clang
    stage asan build_and_test asan
    stage compile_time bash bench/compile_time.sh
    grep -v '^ *$' build/log/compile_time.txt
    if [ $cross = yes ] || { command -v qemu-s390x-static && command -v s390x-linux-gnu-g++; } >/dev/null; then
        stage cross sh tests/cross.sh
    else
        echo 'cross            not run: sh tests/run.sh --cross installs its tools (400 MB)'
    fi
fi

if [ -n "$failed" ]; then
    echo "FAILED:$failed"
    exit 1
fi
echo 'all passed'
