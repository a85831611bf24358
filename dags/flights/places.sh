# places.sh - where the flights DAG finds its input and its tools, and where it puts its results.
# Sourced by duck.sh and report.sh, whose folder is the current one.
# shellcheck shell=sh
#
#   FLIGHTS_DATA    folder with raw/*.csv; results go to runs/RUN/ in it   (var/flights of the tree)
#   FLIGHTS_DUCKDB  the DuckDB command line                          (var/tools/duckdb of the tree)
#
# Both are set by `scripts/run`'s downloads; set them in a task's env to look elsewhere.

FLIGHTS_DATA=${FLIGHTS_DATA:-$(cd ../.. && pwd)/var/flights}
FLIGHTS_DUCKDB=${FLIGHTS_DUCKDB:-$(cd ../.. && pwd)/var/tools/duckdb}
run=${HEDDLE_RUN_ID:-by_hand}
task=${HEDDLE_TASK:-task}
results=$FLIGHTS_DATA/runs/$run

die()
{
	echo "$task: $*" >&2
	exit 1
}

[ -d "$FLIGHTS_DATA/raw" ] || die "no folder '$FLIGHTS_DATA/raw': run scripts/run once, or set FLIGHTS_DATA"
[ -x "$FLIGHTS_DUCKDB" ] || die "no DuckDB at '$FLIGHTS_DUCKDB': run scripts/run once, or set FLIGHTS_DUCKDB"
mkdir -p "$results"
# A new folder each time: what a killed attempt left is never mistaken for this one's.
aside=$(mktemp -d "$results/.$task.XXXXXX")
trap 'rm -rf "$aside"' EXIT
