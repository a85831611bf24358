/* readers.c - a few kept database connections; see readers.h. */
#include "web/readers.h"

#include <stdlib.h>

void readers_init(struct readers *readers)
{
	/* Both fail only for want of memory, which ends the program (mem.h). */
	if (uv_mutex_init(&readers->mutex) != 0 || uv_cond_init(&readers->given) != 0)
		abort();
}

void readers_close(struct readers *readers)
{
	while (readers->kept_count > 0)
		store_reader_close(readers->kept[--readers->kept_count]);
	uv_cond_destroy(&readers->given);
	uv_mutex_destroy(&readers->mutex);
}

/* Takes a place among those that may be open, and with it a reader when one is kept. */
static struct store_reader *take_place(struct readers *readers)
{
	struct store_reader *reader = NULL;

	uv_mutex_lock(&readers->mutex);
	while (readers->taken_count == READERS_MAX)
		uv_cond_wait(&readers->given, &readers->mutex);
	readers->taken_count++;
	if (readers->kept_count > 0)
		reader = readers->kept[--readers->kept_count];
	uv_mutex_unlock(&readers->mutex);
	return reader;
}

/* reader NULL = it is closed. Places and kept ones are READERS_MAX together, so there is room. */
static void give_place(struct readers *readers, struct store_reader *reader)
{
	uv_mutex_lock(&readers->mutex);
	readers->taken_count--;
	if (reader != NULL)
		readers->kept[readers->kept_count++] = reader;
	uv_cond_signal(&readers->given);
	uv_mutex_unlock(&readers->mutex);
}

int readers_take(struct readers *readers, const char *db_path, struct store_reader **out,
		 struct err *err)
{
	int rc = 0;

	*out = take_place(readers);
	if (*out == NULL)
		rc = store_reader_open(db_path, out, err);
	if (rc != 0)
		give_place(readers, NULL);
	return rc;
}

void readers_give(struct readers *readers, struct store_reader *reader, bool failed)
{
	if (failed)
		store_reader_close(reader);
	give_place(readers, failed ? NULL : reader);
}
