/* scan.c - line ends and texts in a log; see scan.h. */
#include "web/api/scan.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define BUFFER_BYTES (256u * 1024)

ssize_t scan_read(const struct process_log *log, char *bytes, size_t count, int64_t at)
{
	if (at >= log->size_bytes)
		return 0;
	if ((int64_t)count > log->size_bytes - at)
		count = (size_t)(log->size_bytes - at);
	return process_log_read(log, bytes, count, at);
}

static int failed(struct err *err)
{
	return err_errno(err, errno, "read the log");
}

/* Sixteen bytes at a time, as GNU C has them for every machine: a lane of a comparison is 0xff
 * where it holds, so that taking it away counts one. Lanes hold 255 at most. */
typedef unsigned char lanes __attribute__((vector_size(16)));
#define LANES sizeof(lanes)

static lanes lanes_at(const char *bytes)
{
	lanes all;

	memcpy(&all, bytes, sizeof all);
	return all;
}

static size_t count_blocks(const char *bytes, size_t blocks)
{
	lanes ends = {0};
	size_t count = 0;

	for (size_t i = 0; i < blocks; i++)
		ends -= (lanes)(lanes_at(bytes + i * LANES) == (unsigned char)'\n');
	for (size_t i = 0; i < LANES; i++)
		count += ends[i];
	return count;
}

static size_t count_ends(const char *bytes, size_t size)
{
	size_t count = 0;
	size_t i = 0;

	while (size - i >= LANES) {
		size_t blocks = (size - i) / LANES;

		if (blocks > UINT8_MAX)
			blocks = UINT8_MAX;
		count += count_blocks(bytes + i, blocks);
		i += blocks * LANES;
	}
	for (; i < size; i++)
		count += bytes[i] == '\n';
	return count;
}

/* Moves the place over the bytes, which begin at the offset. */
static void pass(struct scan_place *place, const char *bytes, size_t size, int64_t at)
{
	size_t count = count_ends(bytes, size);
	const char *last;

	if (count == 0)
		return;
	last = memrchr(bytes, '\n', size);
	place->line += (int64_t)count;
	place->at = at + (last - bytes) + 1;
}

/* The place of a line that begins behind one of the ends in these bytes. */
static void pass_to(struct scan_place *place, int64_t line, const char *bytes, int64_t at)
{
	const char *from = bytes;

	while (place->line < line) {
		from = (const char *)rawmemchr(from, '\n') + 1;
		place->line++;
	}
	if (from != bytes)
		place->at = at + (from - bytes);
}

int scan_line(const struct process_log *log, int64_t line, struct scan_place *place,
	      struct err *err)
{
	char *buffer = mem_alloc(BUFFER_BYTES);
	int64_t at = place->at;
	ssize_t got = 0;

	while (place->line < line && (got = scan_read(log, buffer, BUFFER_BYTES, at)) > 0) {
		size_t ends = count_ends(buffer, (size_t)got);

		if (place->line + (int64_t)ends < line)
			pass(place, buffer, (size_t)got, at);
		else
			pass_to(place, line, buffer, at);
		at += got;
	}
	mem_free(buffer);
	return got < 0 ? failed(err) : 0;
}

/* Looks for ends before the first size bytes, from the last one on; *wanted counts down. The end
 * right before the place itself is not one of a line between. */
static bool go_back(const char *bytes, size_t size, int64_t at, int64_t *wanted,
		    struct scan_place *place)
{
	const char *end;

	while ((end = memrchr(bytes, '\n', size)) != NULL) {
		if ((*wanted)-- == 0) {
			place->at = at + (end - bytes) + 1;
			return true;
		}
		size = (size_t)(end - bytes);
	}
	return false;
}

int scan_back(const struct process_log *log, int64_t lines, struct scan_place *place,
	      struct err *err)
{
	char *buffer = mem_alloc(BUFFER_BYTES);
	int64_t wanted = lines;
	int64_t at = place->at;
	bool found = false;
	ssize_t got = 0;

	assert(lines >= 0);
	while (lines > 0 && !found && at > 0) {
		int64_t size = at < (int64_t)BUFFER_BYTES ? at : (int64_t)BUFFER_BYTES;

		at -= size;
		got = scan_read(log, buffer, (size_t)size, at);
		if (got < size)
			break;
		found = go_back(buffer, (size_t)size, at, &wanted, place);
	}
	mem_free(buffer);
	if (got < 0)
		return failed(err);
	if (found)
		place->line -= lines;
	else if (lines > 0)
		*place = (struct scan_place){.line = 1, .at = 0};
	return 0;
}

int scan_next(const struct process_log *log, int64_t *at, struct err *err)
{
	char buffer[16384]; /* most lines are short */
	const char *end = NULL;
	ssize_t got = 0;

	while (end == NULL && (got = scan_read(log, buffer, sizeof buffer, *at)) > 0) {
		end = memchr(buffer, '\n', (size_t)got);
		*at += end == NULL ? got : end - buffer + 1;
	}
	return got < 0 ? failed(err) : 0;
}

void scan_lower(char *bytes, size_t size)
{
	size_t i = 0;

	for (; i + LANES <= size; i += LANES) {
		lanes some = lanes_at(bytes + i);

		some |= (lanes)(some >= 'A') & (lanes)(some <= 'Z') & 0x20;
		memcpy(bytes + i, &some, sizeof some);
	}
	for (; i < size; i++)
		if (bytes[i] >= 'A' && bytes[i] <= 'Z')
			bytes[i] = (char)(bytes[i] | 0x20);
}

/* --- a text -------------------------------------------------------------------------------------
 */

/* A search under way. The buffer holds bytes from offset at on; of what stood before only so much
 * of the present line is kept as a text over the edge of two reads may need. */
struct search {
	const struct process_log *log;
	char text[SCAN_TEXT_MAX + 1]; /* in small letters, as the buffer */
	size_t text_bytes;
	void (*each)(void *context, const struct scan_place *place);
	void *context;
	char *buffer;
	size_t kept;
	size_t size;
	int64_t at;
	struct scan_place place; /* of the present line */
	bool is_told;            /* that line holds the text, and it was said */
};

/* Behind the line that holds what stands at hit; size when its end is not there yet. */
static size_t tell_line(struct search *search, size_t from, const char *hit)
{
	const char *buffer = search->buffer;
	const char *end;

	pass(&search->place, buffer + from, (size_t)(hit - buffer) - from,
	     search->at + (int64_t)from);
	search->each(search->context, &search->place);
	end = memchr(hit, '\n', search->size - (size_t)(hit - buffer));
	search->is_told = end == NULL;
	if (end == NULL)
		return search->size;
	search->place.line++;
	search->place.at = search->at + (end - buffer) + 1;
	return (size_t)(end - buffer) + 1;
}

/* Behind the end of a line that was told of already. */
static size_t skip_told(struct search *search)
{
	const char *end = memchr(search->buffer, '\n', search->size);

	if (!search->is_told)
		return 0;
	if (end == NULL)
		return search->size;
	search->is_told = false;
	search->place.line++;
	search->place.at = search->at + (end - search->buffer) + 1;
	return (size_t)(end - search->buffer) + 1;
}

static bool is_any(lanes mask)
{
	uint64_t halves[2];

	memcpy(halves, &mask, sizeof halves);
	return (halves[0] | halves[1]) != 0;
}

#define FALSE_HITS_MAX 1000

/* As memmem, but faster where few places have the first and the last byte of the text as far apart
 * as they should. Where many have that in vain it goes on as memmem, whose time is bounded. */
static const char *find_text(const char *bytes, size_t size, const char *text, size_t length)
{
	const unsigned char first = (unsigned char)text[0];
	const unsigned char last = (unsigned char)text[length - 1];
	unsigned false_hits = 0;
	size_t i = 0;

	for (; i + length - 1 + LANES <= size && false_hits < FALSE_HITS_MAX; i += LANES) {
		lanes both = (lanes)(lanes_at(bytes + i) == first) &
			     (lanes)(lanes_at(bytes + i + length - 1) == last);

		for (size_t k = 0; is_any(both) && k < LANES; k++) {
			if (both[k] != 0 && memcmp(bytes + i + k, text, length) == 0)
				return bytes + i + k;
			false_hits += both[k] != 0;
		}
	}
	return i < size ? memmem(bytes + i, size - i, text, length) : NULL;
}

static void search_buffer(struct search *search)
{
	size_t from = skip_told(search);
	const char *hit;
	int64_t line_at;
	size_t rest;

	while (from < search->size && (hit = find_text(search->buffer + from, search->size - from,
						       search->text, search->text_bytes)) != NULL)
		from = tell_line(search, from, hit);
	pass(&search->place, search->buffer + from, search->size - from,
	     search->at + (int64_t)from);
	line_at = search->place.at < search->at ? search->at : search->place.at;
	rest = search->size - (size_t)(line_at - search->at);
	search->kept = rest < search->text_bytes - 1 ? rest : search->text_bytes - 1;
	memmove(search->buffer, search->buffer + search->size - search->kept, search->kept);
	search->at += (int64_t)(search->size - search->kept);
}

int scan_find(const struct process_log *log, const char *text,
	      void (*each)(void *context, const struct scan_place *place), void *context,
	      struct scan_place *place, struct err *err)
{
	struct search search = {.log = log,
				.text_bytes = strlen(text),
				.each = each,
				.context = context,
				.at = place->at,
				.place = *place};
	ssize_t got;

	assert(search.text_bytes > 0 && search.text_bytes <= SCAN_TEXT_MAX);
	memcpy(search.text, text, search.text_bytes + 1);
	scan_lower(search.text, search.text_bytes);
	search.buffer = mem_alloc(BUFFER_BYTES + search.text_bytes);
	while ((got = scan_read(log, search.buffer + search.kept, BUFFER_BYTES,
				search.at + (int64_t)search.kept)) > 0) {
		scan_lower(search.buffer + search.kept, (size_t)got);
		search.size = search.kept + (size_t)got;
		search_buffer(&search);
	}
	*place = search.place;
	mem_free(search.buffer);
	return got < 0 ? failed(err) : 0;
}

/* --- wanted lines -------------------------------------------------------------------------------
 */

struct picking {
	bool (*wanted)(void *context, char *line, size_t size);
	void (*each)(void *context, const struct scan_place *place);
	void *context;
	struct scan_place place; /* of the next line */
};

static void pick_line(struct picking *picking, char *line, size_t size)
{
	if (picking->wanted(picking->context, line, size))
		picking->each(picking->context, &picking->place);
	picking->place.line++;
}

/* All lines that have their end in the buffer; false when none has. */
static bool pick_whole(struct picking *picking, char *buffer, size_t size)
{
	char *line = buffer;
	char *end;

	while ((end = memchr(line, '\n', size - (size_t)(line - buffer))) != NULL) {
		size_t length = (size_t)(end - line);

		pick_line(picking, line, length);
		picking->place.at += (int64_t)length + 1;
		line = end + 1;
	}
	return line != buffer;
}

/* Whether the last line has its end. */
static bool is_ended(const struct process_log *log)
{
	char last = '\n';

	(void)scan_read(log, &last, 1, log->size_bytes - 1);
	return last == '\n';
}

int scan_pick(const struct process_log *log, bool (*wanted)(void *context, char *line, size_t size),
	      void (*each)(void *context, const struct scan_place *place), void *context,
	      struct scan_place *place, struct err *err)
{
	struct picking picking = {wanted, each, context, *place};
	char *buffer = mem_alloc(BUFFER_BYTES);
	ssize_t got = 0;
	int rc = 0;

	while (rc == 0 && (got = scan_read(log, buffer, BUFFER_BYTES, picking.place.at)) > 0) {
		*place = picking.place;
		if (pick_whole(&picking, buffer, (size_t)got))
			continue;
		pick_line(&picking, buffer, (size_t)got);
		picking.place.at += got;
		rc = scan_next(log, &picking.place.at, err);
	}
	if (log->size_bytes > 0 && is_ended(log))
		*place = picking.place;
	mem_free(buffer);
	return rc == 0 && got < 0 ? failed(err) : rc;
}
