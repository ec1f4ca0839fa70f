#!/usr/bin/env bash
# Finds out which privlink is meant: a release, or the source of this very action.
#
# Without a version it is the release that this action belongs to, by the version in its own Cargo.toml. So it does not
# matter how the action is pinned, by tag or by commit: action and binary are always of one piece.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/common.sh
. "$here/common.sh"

version=${INPUT_VERSION:-}
if [ -z "$version" ]; then
    version=v$(sed -n 's/^version = "\([^"]*\)"$/\1/p' "$here/../Cargo.toml" | head -n 1)
fi
if [ "$version" != source ] && ! [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
    fail "version: expected a release such as v0.1.0, or source; this is \"$version\"" 64
fi
output version "$version"
if [ "$version" = source ]; then
    if ! compiler=$(rustc --version 2>/dev/null); then
        fail "version: source builds with cargo and rustc, and there are none on this machine"
    fi
    # What was built for one lock file and one compiler is not built again.
    lock=$(sha256 "$here/../Cargo.lock")
    output key "privlink-$(uname -s)-$(uname -m)-$(printf '%s' "$compiler" | tr -c '0-9A-Za-z.\n' '-')-$lock"
fi
