#!/bin/sh
# Builds the test drivers with mingw-w64: build.sh OUTPUT-DIRECTORY [NAME…] makes OUTPUT-DIRECTORY/NAME.sys for each name,
# or for all. Only what is older than its sources is built. Exit code 0, 1 (a driver does not compile), 3 (no compiler).
set -eu

[ $# -ge 1 ] || { echo "usage: build.sh OUTPUT-DIRECTORY [NAME...]" >&2; exit 3; }
command -v x86_64-w64-mingw32-gcc >/dev/null || {
  echo "build.sh: no x86_64-w64-mingw32-gcc; install it: apt-get install gcc-mingw-w64-x86-64" >&2
  exit 3
}
mkdir -p "$1"
output=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")"

sources() { # the C files of a driver
  case $1 in
    edu) echo ../../samples/drivers/edu/*.c ;;
    storm | preempt | resource | polldma | spinisr | pulled | isrfault | passive | ring | ringmoved | bus | chains | sleeper) echo "$1.c edu_device.c" ;;
    seh) echo seh.c ;;
    *) echo "$1.c legacy.c" ;;
  esac
}

up_to_date() { # image, its sources; ringmoved.c includes ring.c
  image=$1
  shift
  [ -f "$image" ] || return 1
  for source in "$@" *.h ring.c ../../src/Hil.Host/Build/include/*.h ../../samples/drivers/edu/*.h build.sh; do
    [ "$image" -nt "$source" ] || return 1
  done
}

build() { # name; a half-written image never stands under the final name
  files=$(sources "$1")
  # shellcheck disable=SC2086 # the list is meant to be split
  up_to_date "$output/$1.sys" $files && return 0
  # The options are those of src/Hil.Host/Build/DriverBuild.cs; the third line is the tests' own: calls stay calls, for
  # stack traces.
  # shellcheck disable=SC2086
  x86_64-w64-mingw32-gcc -std=gnu11 -O2 -Wall -Wextra -Wno-unknown-pragmas -Wno-multichar -Wno-array-bounds \
    -fno-aggressive-loop-optimizations -fno-strict-aliasing -D__USE_MINGW_ANSI_STDIO=0 \
    -fno-optimize-sibling-calls -Werror -Wno-unused-parameter -Wno-infinite-recursion \
    -isystem ../../src/Hil.Host/Build/include -isystem /usr/x86_64-w64-mingw32/include/ddk \
    -nostdlib -Wl,--subsystem,native -Wl,--entry,DriverEntry \
    -o "$output/$1.sys.$$" $files -lntoskrnl -lhal -lwmilib -lgcc || return 1
  mv "$output/$1.sys.$$" "$output/$1.sys"
}

if [ $# -eq 0 ]; then
  set -- bad missing edu storm preempt resource startio mdl waits rtl crt seh services zw iomisc wmi wmilib polldma spinisr pulled isrfault passive clocks gencode ring ringmoved objects executive callbacks bus chains apc sleeper secure headers
fi

failed=0
for name in "$@"; do
  build "$name" &
  jobs="${jobs:-} $!"
done
for job in $jobs; do
  wait "$job" || failed=1
done
exit $failed
