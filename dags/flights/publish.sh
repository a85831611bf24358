#!/bin/sh
# publish.sh - makes this run's report the latest one and drops old runs.
#
# Taken is what nobody has written to for two seconds, as with files that others drop: until then
# the task ends with 75 (EX_TEMPFAIL of sysexits.h), which its retry_on lets try again.
set -eu
cd "$(dirname "$0")"
. ./places.sh

age=$(($(date +%s) - $(stat -c %Y "$results/report.md")))
if [ "$age" -lt 2 ]; then
	echo "report.md was written $age s ago: not settled yet"
	exit 75
fi

# A link is swapped by one rename: who reads latest/ sees this run's results or the last one's.
ln -s "runs/$run" "$aside/latest"
mv -T "$aside/latest" "$FLIGHTS_DATA/latest"

# The newest finished runs stay. One that never finished goes after a day, when it surely is over.
find "$FLIGHTS_DATA/runs" -mindepth 2 -maxdepth 2 -name report.md -printf '%T@ %h\n' |
	sort -rn | cut -d' ' -f2- | tail -n "+$((${FLIGHTS_KEEP:-3} + 1))" |
	while IFS= read -r old; do rm -rf "$old"; done
find "$FLIGHTS_DATA/runs" -mindepth 1 -maxdepth 1 -mtime +0 ! -path "$results" |
	while IFS= read -r old; do
		[ -e "$old/report.md" ] || rm -rf "$old"
	done

echo "Kept as $FLIGHTS_DATA/latest/report.md; the summaries lie beside it as Parquet."
