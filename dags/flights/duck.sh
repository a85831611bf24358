#!/bin/sh
# duck.sh NAME [RESULT] - runs sql/NAME.sql with DuckDB for one task.
#
# The SQL reads by plain names ('raw/flights.csv', 'by_hour.parquet'), looked up among the results
# of this run and then in FLIGHTS_DATA, and writes by plain names into a folder of its own. RESULT,
# the file or folder that it makes, is moved in whole once all of it is there.
set -eu
cd "$(dirname "$0")"
. ./places.sh

name=$1
result=${2:-}
sql=$PWD/sql/$name.sql
[ -r "$sql" ] || die "no SQL file '$sql'"

# What an earlier attempt of this run has left goes first: a pattern matches in all of the folders
# below. Nobody misses it, since tasks downstream start only after this one.
[ -z "$result" ] || rm -rf "${results:?}/$result"
cd "$aside"
"$FLIGHTS_DUCKDB" -no-init -batch -bail -markdown -nullvalue '' \
	-cmd "set memory_limit = '512MB'" \
	-cmd "set threads = 2" \
	-cmd "set temp_directory = '$aside/spill'" \
	-cmd "set autoinstall_known_extensions = false" \
	-cmd "set TimeZone = 'UTC'" \
	-cmd "set variable late_after = ${HEDDLE_PARAM_late_after:-15}" \
	-cmd "set file_search_path = '$aside,$results,$FLIGHTS_DATA'" \
	-no-stdin -f "$sql"
if [ -n "$result" ]; then
	mv -T "$result" "$results/$result"
fi
