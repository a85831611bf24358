/* curl_load.h - libcurl, opened when it is first needed.
 *
 * The daemon and the command line are one program, and most of its processes never make a request:
 * linked in the usual way, libcurl and all that it pulls in would cost each of them megabytes and
 * milliseconds. Constants and types come from curl/curl.h, functions from this table. */
#ifndef HEDDLE_NET_CURL_LOAD_H
#define HEDDLE_NET_CURL_LOAD_H

#include "base/err.h"

#include <curl/curl.h>

struct curl_api {
	void *library; /* NULL = not loaded */
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_global_cleanup) *global_cleanup;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_reset) *easy_reset;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
};

/* Opens the first of the libraries (a NULL-terminated list of names as for dlopen) that the machine
 * has, and fills *api. names NULL = the usual ones. Fails with ERR_NOT_FOUND, and says which
 * package is missing, or with ERR_INVALID when the library lacks a function. */
int curl_load(const char *const *names, struct curl_api *api, struct err *err);
/* Closes the library. An api that was not loaded is allowed. */
void curl_unload(struct curl_api *api);

#endif
