# What the scripts of the action share: how they say things to GitHub. Read by the others, does nothing by itself.
#
# Outside of GitHub's runners the variables are files of your own, or not set: then nothing is told.
# shellcheck shell=bash

# One line, whatever is in it: a line break in a value would end it and begin something else.
one_line() {
    printf '%s' "$1" | tr '\r\n' '  '
}

# An annotation of the run: `annotate error TITLE TEXT`. To standard error, where a caller that reads results finds none of it.
annotate() {
    local text=${3//'%'/%25}
    printf '::%s title=%s::%s\n' "$1" "$2" "$(one_line "$text")" >&2
}

# Says what is wrong and ends: `fail TEXT [CODE]`.
fail() {
    annotate error privlink "$1"
    exit "${2:-1}"
}

# An output of the step: `output NAME VALUE`.
output() {
    if [ -n "${GITHUB_OUTPUT:-}" ]; then
        printf '%s=%s\n' "$1" "$(one_line "$2")" >>"$GITHUB_OUTPUT"
    fi
}

# The lines of standard input that are not empty, without the space around them.
lines() {
    sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d'
}

# The digest of a file; of standard input, which is the file `-`.
sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 "$1" | cut -d ' ' -f 1
    fi
}

# The name that releases have for this machine.
target() {
    local system machine
    system=$(uname -s)
    machine=$(uname -m)
    case $machine in
    amd64) machine=x86_64 ;;
    arm64) machine=aarch64 ;;
    esac
    case $system-$machine in
    Linux-x86_64 | Linux-aarch64) echo "$machine-unknown-linux-gnu" ;;
    Darwin-x86_64 | Darwin-aarch64) echo "$machine-apple-darwin" ;;
    *) fail "there is no release of privlink for $system on $machine; it runs on Linux and macOS, x86_64 and arm64" ;;
    esac
}
