/* retention_report.c - see retention_report.h. */
#include "daemon/retention_report.h"

#include "base/clock.h"

#include <jansson.h>

static json_t *instant(int64_t at_ms)
{
	char text[CLOCK_TEXT_SIZE];

	return at_ms == 0 ? json_null() : json_string(clock_format_utc(at_ms, text));
}

static json_t *text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *counts(const struct file_counts *files)
{
	return json_pack("{s:I,s:I}", "files", (json_int_t)files->files, "bytes",
			 (json_int_t)files->bytes);
}

static json_t *pruned(const struct round_report *report)
{
	const struct prune_counts *rows = &report->pruned;

	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "runs", (json_int_t)rows->runs, "attempts",
			 (json_int_t)rows->attempts, "outputs", (json_int_t)rows->outputs, "files",
			 (json_int_t)report->files.files, "bytes", (json_int_t)report->files.bytes);
}

static void set_parts(json_t *root, const struct round_report *report)
{
	json_object_set_new(root, "packed",
			    json_pack("{s:I,s:I}", "runs", (json_int_t)report->packed_runs, "bytes",
				      (json_int_t)report->packed_bytes));
	json_object_set_new(root, "pruned", pruned(report));
	json_object_set_new(root, "versions",
			    json_pack("{s:I,s:I}", "count", (json_int_t)report->pruned.versions,
				      "bytes", (json_int_t)report->pruned.version_bytes));
	json_object_set_new(root, "orphans", counts(&report->orphans));
	json_object_set_new(root, "backups", counts(&report->backups));
	json_object_set_new(root, "artifacts", counts(&report->artifacts));
	json_object_set_new(root, "faults", json_integer((json_int_t)report->faults));
	json_object_set_new(root, "first_fault", text_or_null(report->first_fault));
}

static json_t *told_json(const struct round_told *told)
{
	json_t *root = json_object();

	json_object_set_new(root, "round", json_integer((json_int_t)told->number));
	json_object_set_new(root, "running", json_boolean(told->is_running));
	json_object_set_new(root, "dry_run", json_boolean(told->is_dry));
	json_object_set_new(root, "began_at", instant(told->began_at_ms));
	json_object_set_new(root, "ended_at", instant(told->ended_at_ms));
	json_object_set_new(root, "error", text_or_null(told->error));
	set_parts(root, &told->report);
	return root;
}

char *round_report_json(const struct round_told *told, const struct round_told *former)
{
	json_t *root = told_json(told);
	char *text;

	if (former != NULL)
		json_object_set_new(root, "former",
				    former->number == 0 ? json_null() : told_json(former));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}
