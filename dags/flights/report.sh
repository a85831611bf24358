#!/bin/sh
# report.sh - writes the report and prints it.
set -eu
cd "$(dirname "$0")"
. ./places.sh

# What the task worst_days gave. duck.sh looks among the results of the run for it.
printf '%s\n' "${HEDDLE_OUT_worst_days__rows:?this runs as a task of the flights DAG}" >"$results/worst_days.json"
./duck.sh report >"$aside/report.md"
mv -T "$aside/report.md" "$results/report.md"

cat "$results/report.md"
