/* readers.c - a few kept database connections; see readers.h. */
#include "web/readers.h"

struct store_reader *readers_take(struct readers *readers)
{
	return readers->count == 0 ? NULL : readers->kept[--readers->count];
}

void readers_give(struct readers *readers, struct store_reader *reader)
{
	if (reader == NULL)
		return;
	if (readers->count == READERS_KEPT)
		store_reader_close(reader);
	else
		readers->kept[readers->count++] = reader;
}

void readers_close(struct readers *readers)
{
	while (readers->count > 0)
		store_reader_close(readers->kept[--readers->count]);
}
