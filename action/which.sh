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
    # rustup and cargo go by the folder they are called in.
    cd "$here/.."
    if ! compiler=$(rustc --version 2>/dev/null); then
        fail "version: source builds with cargo and rustc, and there are none on this machine"
    fi
    # What was built of one source by one compiler is not built again. Of every file of it: cargo goes by times, and takes a
    # file that was committed before another was built for built.
    files=$(find .cargo Cargo.lock Cargo.toml crates -type f | LC_ALL=C sort)
    source=$(printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 cat | cat - <(printf '%s\n' "$files") | sha256 -)
    output key "privlink-$(uname -s)-$(uname -m)-$(printf '%s' "$compiler" | tr -c '0-9A-Za-z.\n' '-')-$source"
    # As a job in a container sees it: there the runner's own word for it, runner.temp, is a folder outside.
    output build "${RUNNER_TEMP:?}/privlink-build"
fi
