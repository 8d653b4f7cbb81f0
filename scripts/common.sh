# Shared by the scripts beside it: finds the repository, installs what is missing, builds.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true

# Exit code for "the environment or an input is at fault" (docs/exit-codes.md).
readonly EXIT_ENVIRONMENT=3

# Program and the Debian package that has it.
readonly REQUIRED_PROGRAMS=(
  "qemu-system-x86_64 qemu-system-x86"
  "x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64"
  "setpriv util-linux"
  "lz4 lz4"
  "python3 python3"
)

# What the tests need besides.
readonly TEST_PROGRAMS=(
  "chromium chromium"
  "vcd2fst gtkwave"
)

fail() {
  echo "hil: $*" >&2
  exit "$EXIT_ENVIRONMENT"
}

missing_packages() {
  local entry program package
  for entry in "${REQUIRED_PROGRAMS[@]}" "$@"; do
    read -r program package <<<"$entry"
    command -v "$program" >/dev/null || echo "$package"
  done | sort -u
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

may_install() {
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

# Installs Debian packages that are missing, those of the entries given as well; where that is not allowed, prints the
# command.
ensure_packages() {
  local packages
  mapfile -t packages < <(missing_packages "$@")
  [ "${#packages[@]}" = 0 ] && return
  local command="apt-get install -y --no-install-recommends ${packages[*]}"
  command -v apt-get >/dev/null || fail "missing: ${packages[*]} (no apt-get here: install them your system's way)"
  may_install || fail "missing: ${packages[*]}. Run: sudo $command"
  echo "hil: installing ${packages[*]}" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || true
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive $command -qq >&2 || fail "could not install. Run: sudo $command"
}

ensure_dotnet() {
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: see https://dotnet.microsoft.com/download/dotnet/10.0"
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    fail "the .NET 10 SDK is missing (found only: $(dotnet --list-sdks 2>/dev/null | tr '\n' ' '))"
}
