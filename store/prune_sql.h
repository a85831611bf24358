/* prune_sql.h - when a version is of no use, for who asks and for who acts on it. */
#ifndef HEDDLE_STORE_PRUNE_SQL_H
#define HEDDLE_STORE_PRUNE_SQL_H

/* Of dag_version v. The files of the folder come last: they are gone through one by one. */
#define PRUNE_UNUSED                                                                 \
	"v.text <> '' AND NOT EXISTS (SELECT 1 FROM dag d WHERE d.dag_id = v.dag_id" \
	"  AND d.version_no = v.version_no)"                                         \
	" AND NOT EXISTS (SELECT 1 FROM run r INDEXED BY run_by_version"             \
	"  WHERE r.version_no = v.version_no AND r.pruned_at_ms IS NULL)"            \
	" AND NOT EXISTS (SELECT 1 FROM dag_file_dag f WHERE f.hash = v.hash)"

#endif
