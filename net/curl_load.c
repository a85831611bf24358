/* curl_load.c - finds libcurl and its functions; see curl_load.h. */
#include "net/curl_load.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* Debian's two builds of it (OpenSSL, GnuTLS) have the same functions. */
static const char *const usual_names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};

static const struct {
	const char *name;
	size_t offset; /* of the pointer in struct curl_api */
} functions[] = {
    {"curl_global_init", offsetof(struct curl_api, global_init)},
    {"curl_global_cleanup", offsetof(struct curl_api, global_cleanup)},
    {"curl_easy_init", offsetof(struct curl_api, easy_init)},
    {"curl_easy_cleanup", offsetof(struct curl_api, easy_cleanup)},
    {"curl_easy_reset", offsetof(struct curl_api, easy_reset)},
    {"curl_easy_setopt", offsetof(struct curl_api, easy_setopt)},
    {"curl_easy_perform", offsetof(struct curl_api, easy_perform)},
    {"curl_easy_getinfo", offsetof(struct curl_api, easy_getinfo)},
    {"curl_easy_strerror", offsetof(struct curl_api, easy_strerror)},
    {"curl_slist_append", offsetof(struct curl_api, slist_append)},
    {"curl_slist_free_all", offsetof(struct curl_api, slist_free_all)},
};

static int resolve(struct curl_api *api, struct err *err)
{
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		void *symbol = dlsym(api->library, functions[i].name);

		if (symbol == NULL)
			return err_set(err, ERR_INVALID, "libcurl has no function '%s'",
				       functions[i].name);
		/* ISO C converts no object pointer to a function's; POSIX promises that the bytes
		 * are the same (dlsym). */
		memcpy((char *)api + functions[i].offset, &symbol, sizeof symbol);
	}
	return 0;
}

int curl_load(const char *const *names, struct curl_api *api, struct err *err)
{
	int rc;

	memset(api, 0, sizeof *api);
	if (names == NULL)
		names = usual_names;
	for (; *names != NULL && api->library == NULL; names++)
		api->library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
	if (api->library == NULL)
		return err_set(err, ERR_NOT_FOUND,
			       "libcurl is not installed (Debian: apt install libcurl4)");
	rc = resolve(api, err);
	if (rc != 0)
		curl_unload(api);
	return rc;
}

void curl_unload(struct curl_api *api)
{
	if (api->library != NULL)
		dlclose(api->library);
	memset(api, 0, sizeof *api);
}
