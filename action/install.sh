#!/usr/bin/env bash
# Puts privlink on the path of the steps that follow: downloaded and checked, taken from the machine's tool cache, or built.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/common.sh
. "$here/common.sh"

version=$INPUT_VERSION
releases=${INPUT_RELEASES:-https://github.com/privlink/privlink/releases/download}
temporary=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/privlink.XXXXXX")
beside=''
trap 'rm -rf "$temporary" "$beside"' EXIT

# `download NAME`: a file of the release.
download() {
    local url=$releases/$version/$1 schemes='=https' status='' code=0
    case $releases in
    # A mirror on this machine, for tests.
    http://127.0.0.1:*) schemes='=http' ;;
    esac
    status=$(curl --silent --show-error --fail --location --proto "$schemes" --proto-redir "$schemes" --retry 3 \
        --connect-timeout 10 --max-time 300 --write-out '%{http_code}' --output "$temporary/$1" "$url") || code=$?
    if [ "$code" -eq 0 ]; then
        return
    fi
    if [ "$status" = 404 ]; then
        fail "there is no $1 in release $version ($url); name a release that has it by version, or build with version: source"
    fi
    fail "$url could not be downloaded (HTTP $status, curl's exit code $code)"
}

# Downloads the binary of the release and checks it; nothing is unpacked that is not what was published.
release() {
    local archive expected found
    archive=privlink-$(target).tar.gz
    download "$archive"
    download "$archive.sha256"
    expected=$(cut -d ' ' -f 1 "$temporary/$archive.sha256")
    found=$(sha256 "$temporary/$archive")
    if [ "$expected" != "$found" ]; then
        fail "$archive of $version is not what its checksum says ($found, expected $expected); nothing was installed"
    fi
    tar -xzf "$temporary/$archive" -C "$temporary" privlink
}

# In the action's own folder: in that of the job its repository's settings for cargo and rustup would count.
build() {
    (cd "$here/.." && CARGO_TARGET_DIR=${RUNNER_TEMP:?}/privlink-build cargo build --release --locked --package privlink)
    cp "$RUNNER_TEMP/privlink-build/release/privlink" "$temporary/privlink"
}

# Whether a program runs on this machine, and which it is.
runs() {
    local told
    if ! told=$("$1" --version 2>&1); then
        fail "privlink $version does not run on this machine ($told); on Linux a release needs glibc 2.35 or newer: elsewhere build it with version: source"
    fi
    printf '%s\n' "$told"
}

if [ "$version" = source ]; then
    folder=${RUNNER_TEMP:?}/privlink-bin
    build
else
    folder=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:?}}/privlink/$version/$(target)
    if [ ! -x "$folder/privlink" ]; then
        release
    fi
fi
if [ -e "$temporary/privlink" ]; then
    mkdir -p "$folder"
    # Beside it, then in its place: another job on this machine finds all of it or nothing, and only what runs here.
    beside=$(mktemp "$folder/.privlink.XXXXXX")
    cp "$temporary/privlink" "$beside"
    chmod 755 "$beside"
    runs "$beside"
    mv -f "$beside" "$folder/privlink"
else
    # Kept by an earlier job, which may have run in another container on this machine.
    runs "$folder/privlink"
fi
if [ -n "${GITHUB_PATH:-}" ]; then
    printf '%s\n' "$folder" >>"$GITHUB_PATH"
fi
