#!/usr/bin/env bash
# Makes the two files of a release for one machine, as `install.sh` looks for them: package.sh BINARY TARGET FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/common.sh
. "$here/common.sh"

archive=privlink-$2.tar.gz
temporary=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/privlink.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
cp "$1" "$temporary/privlink"
cp "$here/../LICENSE-APACHE" "$here/../LICENSE-MIT" "$here/../README.md" "$temporary"
mkdir -p "$3"
tar -czf "$3/$archive" -C "$temporary" privlink LICENSE-APACHE LICENSE-MIT README.md
printf '%s  %s\n' "$(sha256 "$3/$archive")" "$archive" >"$3/$archive.sha256"
