/* lineage.c - see lineage.h. */
#include "model/lineage.h"

#include "base/str.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

void lineage_run_id(const char *incarnation, int64_t attempt_id, int64_t released_at_ms,
		    char uuid[LINEAGE_UUID_SIZE])
{
	unsigned char bytes[16];
	char name[128];
	int length = snprintf(name, sizeof name, "%.64s-%" PRId64, incarnation, attempt_id);

	crypto_generichash(bytes, sizeof bytes, (const unsigned char *)name,
			   (unsigned long long)length, NULL, 0);
	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)((uint64_t)released_at_ms >> (40 - 8 * i));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x70);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	snprintf(uuid, LINEAGE_UUID_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", bytes[0],
		 bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8],
		 bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]);
}

void lineage_parent_id(struct str *out, const char *domain, const char *dag_id, const char *task_id,
		       const char *uuid)
{
	str_printf(out, "%s/%s.%s/%s", domain == NULL ? "default" : domain, dag_id, task_id, uuid);
}
