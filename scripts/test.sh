#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test; ends with ctest's summary. Arguments go to ctest:
# scripts/test.sh -R mvcc
#
#   QUORATE_PRESET   a preset of CMakePresets.json: release (default), dev, asan, tsan, clang
#   QUORATE_BUILD    another directory than build/<preset>
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
preset=${QUORATE_PRESET:-release}
build=$(realpath -m "${QUORATE_BUILD:-$scripts/../build/$preset}")
# They are variables of this script, not of the members that the tests start.
unset QUORATE_PRESET QUORATE_BUILD

case $preset in
  clang) "$scripts/install-deps.sh" --dev ;;
  *) "$scripts/install-deps.sh" --test ;;
esac
QUORATE_BUILD=$build "$scripts/build.sh" "$preset" -DQUORATE_TESTS=ON
# Some tests start members and compare with a reference built by Go: both want a HOME.
if [ -z "${HOME:-}" ]; then
  export HOME=$scripts/../build/home
  mkdir -p "$HOME"
fi
# Debian's libraries are built without ThreadSanitizer; what happens on our side of them is still watched.
export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$(cd "$scripts/.." && pwd)/tests/thread_sanitizer.supp:ignore_noninstrumented_modules=1}
exec ctest --test-dir "$build" --output-on-failure "$@"
