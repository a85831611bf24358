/* asset.c - finds and serves what is embedded; see asset.h. */
#include "web/page/asset.h"

#include "web/page/page.h"

#include <microhttpd.h>
#include <string.h>

const struct asset *asset_find(const char *name)
{
	for (size_t i = 0; i < asset_count; i++)
		if (strcmp(asset_table[i].name, name) == 0)
			return &asset_table[i];
	return NULL;
}

/* Every browser takes gzip; whoever asks by hand gets it too (curl --compressed). */
void page_asset(struct call *call)
{
	const struct asset *asset = asset_find(call->names.file);
	struct answer *answer = &call->answer;

	if (asset == NULL) {
		answer_problem(answer, MHD_HTTP_NOT_FOUND,
			       "there is no such file: this page may "
			       "be of another version: load it again");
		return;
	}
	str_append_bytes(&answer->body, asset->bytes, asset->size);
	answer->status = MHD_HTTP_OK;
	answer->content_type = asset->type;
	answer->cache = asset->is_hashed ? "public, max-age=31536000, immutable" : "no-cache";
	answer_header(answer, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
}
