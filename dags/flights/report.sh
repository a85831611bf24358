#!/bin/sh
# report.sh - writes the report, prints it, makes this run the latest one and drops old ones.
set -eu
cd "$(dirname "$0")"
. ./places.sh

./duck.sh report >"$aside/report.md"
mv -T "$aside/report.md" "$results/report.md"

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

cat "$results/report.md"
echo
echo "Kept as $FLIGHTS_DATA/latest/report.md; the summaries lie beside it as Parquet."
