#!/usr/bin/env bash
# Runs privlink once and tells GitHub of it: outputs, the summary of the step, the comment on the pull request.
#
# The exit code is privlink's own, but for a plan that has changes: that is no failure. Telling never changes it.
# What is in a spec is somebody's text: it is passed in variables and files, and never becomes part of a script.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/common.sh
. "$here/common.sh"

# One stream, as the runner reads two of them in no order: what is told between seals must stay between them.
exec 2>&1

command=${INPUT_COMMAND:-plan}
plan=${INPUT_PLAN_PATH:-}
token=${INPUT_TOKEN:-}
if [ -n "${INPUT_STORE:-}" ]; then
    export PRIVLINK_STORE=$INPUT_STORE
fi
# Only what talks to GitHub is given the token.
unset INPUT_TOKEN GITHUB_TOKEN GH_TOKEN
work=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/privlink.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Runs privlink; `$work/out` holds its results, `$work/messages` what it told, and the log shows both. Sets `code`.
#
# A cancelled job is told so by a signal to this process alone, which passes it on: an apply then takes back what it did.
carry_out() {
    local running logging seal signalled=no
    seal=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    # Whatever is told between these two is not taken for commands to the runner.
    echo "::stop-commands::$seal"
    mkfifo "$work/pipe"
    tee "$work/messages" <"$work/pipe" &
    logging=$!
    privlink "$@" >"$work/out" 2>"$work/pipe" &
    running=$!
    trap 'signalled=yes; kill -INT "$running" 2>/dev/null || true' INT
    trap 'signalled=yes; kill -TERM "$running" 2>/dev/null || true' TERM
    while :; do
        code=0
        wait "$running" || code=$?
        # A signal ends the wait, not what is waited for.
        [ "$signalled" = yes ] || break
        signalled=no
    done
    trap - INT TERM
    wait "$logging"
    cat "$work/out"
    echo
    echo "::$seal::"
}

# What an exit code says, in a sentence.
meaning() {
    case $1 in
    1) echo "$command failed; nothing was changed." ;;
    3) echo "The apply failed and was rolled back." ;;
    4) echo "The apply failed, and something is left of it: the log names the command that goes on." ;;
    5) echo "Refused by a guard; nothing was changed." ;;
    6) echo "The plan is stale: the accounts changed since it was made. Nothing is left of the run. Make a new plan, have it looked at, and apply that." ;;
    7) echo "Somebody else holds the project's lock: the log says who, and since when." ;;
    8) echo "Something that is needed could not be read, so there is no whole plan." ;;
    64) echo "The action was called with something that privlink does not know; the log says what." ;;
    130 | 143) echo "Stopped; the log says whether what was done was taken back." ;;
    *) echo "$command ended with the exit code $1." ;;
    esac
}

# What came of it, in one line. A page of drift begins with it; a plan and an apply end with it, and an apply that failed
# tells it among its messages.
closing() {
    case $command-$code in
    drift-*) head -n 1 "$work/out" | tr -d '*`' ;;
    apply-0 | plan-*) last_line "$work/out" ;;
    apply-*) last_line "$work/messages" ;;
    esac
}

last_line() {
    sed -e '/^[[:space:]]*$/d' "$1" | tail -n 1
}

# Markdown for the page of the run. Text that is not ours stands in indented lines: nothing in it can end that.
page() {
    printf '### privlink %s\n\n%s\n\n' "$command" "$summary"
    if [ -s "$work/out" ] || [ -s "$work/messages" ]; then
        # A page takes 1 MiB of all steps together; the log has everything.
        cat "$work/messages" "$work/out" | tail -n 300 | tail -c 60000 | sed -e 's/^/    /'
    fi
    echo
}

summarize() {
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
        cat >>"$GITHUB_STEP_SUMMARY"
    else
        cat >/dev/null
    fi
}

spec=()
while IFS= read -r line; do
    spec+=(--file "$line")
done < <(lines <<<"${INPUT_SPEC:-}")
more=()
last=''
while IFS= read -r line; do
    # The spec's variables go to whatever reads the spec, and not to this command alone.
    case $last:$line in
    --var:* | *:--var | *:--var=*) spec+=("$line") ;;
    *) more+=("$line") ;;
    esac
    last=$line
done < <(lines <<<"${INPUT_ARGS:-}")
# Old bash, as macOS has it, takes an empty array for a variable that is not set.
given() {
    arguments+=(${spec[@]+"${spec[@]}"} ${more[@]+"${more[@]}"})
}

case $command in
plan)
    plan=${plan:-privlink.plan}
    arguments=(plan --detailed-exitcode --format text --out "$plan")
    given
    ;;
apply)
    arguments=(apply)
    given
    if [ -n "$plan" ]; then
        arguments+=("$plan")
    fi
    ;;
drift)
    arguments=(drift --format markdown)
    if [ "${INPUT_ISSUE:-false}" = true ]; then
        arguments+=(--issue)
        if [ -n "${INPUT_NAME:-}" ]; then
            arguments+=(--name "$INPUT_NAME")
        fi
        export GITHUB_TOKEN=$token
    fi
    given
    ;;
*) fail "command: expected plan, apply or drift; this is \"$command\"" 64 ;;
esac

code=0
carry_out "${arguments[@]}"

changes=''
case $command-$code in
plan-2 | drift-2) changes=true ;;
plan-0 | drift-0) changes=false ;;
apply-0) if [[ $(closing) == Applied:* ]]; then changes=true; else changes=false; fi ;;
apply-3 | apply-[1567]) changes=false ;;
apply-4) changes=true ;;
esac
summary=''
case $command-$code in
*-0 | plan-2 | drift-2 | apply-3 | apply-130 | apply-143) summary=$(closing) ;;
esac
summary=${summary:-$(meaning "$code")}
output exitcode "$code"
output changes "$changes"
output summary "$summary"

# A saved plan is shown in full; all else by what it told.
if [ "$command" = plan ] && { [ "$code" = 0 ] || [ "$code" = 2 ]; }; then
    case $plan in
    store:* | /*) at=$plan ;;
    *) at=$PWD/$plan ;;
    esac
    output plan-path "$at"
    if privlink show ${spec[@]+"${spec[@]}"} --format markdown "$plan" >"$work/page"; then
        summarize <"$work/page"
    else
        page | summarize
    fi
    about=("$plan")
else
    # A check for drift that ended in one is a page already.
    if [ "$command" = drift ] && [[ $(head -n 1 "$work/out") == '**'* ]]; then
        summarize <"$work/out"
    else
        page | summarize
    fi
    about=(--failed "$work/messages")
fi

if [ "$command" = plan ] && [ "${INPUT_COMMENT:-true}" = true ]; then
    if [ -n "${INPUT_NAME:-}" ]; then
        about+=(--name "$INPUT_NAME")
    fi
    if [ "${INPUT_LABELS:-false}" = true ]; then
        about+=(--labels)
    fi
    if GITHUB_TOKEN=$token privlink comment ${spec[@]+"${spec[@]}"} "${about[@]}" >"$work/comment"; then
        output comment-url "$(tail -n 1 "$work/comment")"
    else
        annotate warning privlink "the comment could not be written; the log says why"
    fi
fi

if [ "$code" = 0 ] || [ "$command-$code" = plan-2 ]; then
    exit 0
fi
annotate error "privlink $command" "$summary"
exit "$code"
