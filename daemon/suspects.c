/* suspects.c - the list of attempts whose end could not be written; see suspects.h. */
#include "daemon/suspects.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (1024u * 1024)

static struct suspect *find(const struct suspects *suspects, int64_t attempt_id)
{
	for (size_t i = 0; i < suspects->count; i++)
		if (suspects->items[i].attempt_id == attempt_id)
			return &suspects->items[i];
	return NULL;
}

static struct suspect *add(struct suspects *suspects, int64_t attempt_id)
{
	struct suspect *suspect;

	if (suspects->count == suspects->capacity) {
		suspects->capacity = suspects->capacity == 0 ? 8 : suspects->capacity * 2;
		suspects->items =
		    mem_realloc(suspects->items, suspects->capacity * sizeof *suspects->items);
	}
	suspect = &suspects->items[suspects->count++];
	suspect->attempt_id = attempt_id;
	suspect->failures = 0;
	return suspect;
}

void suspects_open(struct suspects *suspects, const char *home)
{
	struct str text = STR_INIT;
	const char *line;

	memset(suspects, 0, sizeof *suspects);
	if ((size_t)snprintf(suspects->path, sizeof suspects->path, "%s/spool/suspects", home) >=
	    sizeof suspects->path)
		return;
	if (file_read(suspects->path, FILE_BYTES_MAX, &text, NULL) != 0)
		str_clear(&text);
	for (line = str_text(&text); *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		char *rest;
		int64_t attempt_id = strtoll(line, &rest, 10);
		unsigned long failures = strtoul(rest, NULL, 10);

		if (attempt_id > 0 && failures > 0)
			add(suspects, attempt_id)->failures = (unsigned)failures;
	}
	str_close(&text);
}

void suspects_close(struct suspects *suspects)
{
	mem_free(suspects->items);
	suspects->items = NULL;
	suspects->count = 0;
	suspects->capacity = 0;
}

unsigned suspects_failures(const struct suspects *suspects, int64_t attempt_id)
{
	const struct suspect *suspect = find(suspects, attempt_id);

	return suspect == NULL ? 0 : suspect->failures;
}

void suspects_note(struct suspects *suspects, int64_t attempt_id)
{
	struct suspect *suspect = find(suspects, attempt_id);

	if (suspect == NULL)
		suspect = add(suspects, attempt_id);
	suspect->failures++;
}

void suspects_clear(struct suspects *suspects, int64_t attempt_id)
{
	struct suspect *suspect = find(suspects, attempt_id);

	if (suspect != NULL)
		*suspect = suspects->items[--suspects->count];
}

int suspects_save(const struct suspects *suspects, struct err *err)
{
	struct str text = STR_INIT;
	int rc = 0;

	for (size_t i = 0; i < suspects->count; i++)
		str_printf(&text, "%" PRId64 " %u\n", suspects->items[i].attempt_id,
			   suspects->items[i].failures);
	if (suspects->count > 0)
		rc = file_write_durable(suspects->path, str_text(&text), 0600, err);
	else if (sys_unlink(suspects->path) != 0 && errno != ENOENT)
		rc = err_errno(err, errno, "remove '%s'", suspects->path);
	str_close(&text);
	return rc;
}
