# Sourced by the scripts beside it.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repo=$PWD
workspace=$repo/.ci/go.work

# in_root, in_bench and in_e2e run a command in a module, the way it finds its modules.
in_root() { GOWORK=off "$@"; }
in_bench() { (cd "$repo/bench" && GOWORK=$workspace "$@"); }
in_e2e() { (cd "$repo/transport/e2e" && GOWORK=$workspace "$@"); }

# step prints a heading and runs a command; a failure is remembered and the
# script goes on, so that one run shows everything that is wrong.
failed=()
step() {
	local title=$1 status
	shift
	echo "== $title"
	# Not "if ! command": bash ignores set -e in all that a condition runs.
	set +e
	(set -e; "$@")
	status=$?
	set -e
	if ((status != 0)); then
		failed+=("$title")
		echo "-- failed: $title"
	fi
}

# finish ends the script: with the list of what failed, if anything did.
finish() {
	((${#failed[@]} == 0)) && return 0
	printf 'failed: %s\n' "${failed[@]}"
	exit 1
}

# has_compiler reports whether the C compiler that the race detector needs is there.
has_compiler() {
	local cc
	cc=$(go env CC)
	command -v "${cc%% *}" >/dev/null
}

# only_tested passes on go test's output without the packages that have no tests.
only_tested() { awk '!/\[no test(s to run| files)\]/ { print; fflush() }'; }
