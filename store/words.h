/* words.h - what is typed into a filter of dags, as patterns that a query takes. Pure.
 *
 *	sales            its id, description, owner or a tag holds it
 *	sales_*          one of them is like that as a whole; "*" stands for anything
 *	owner:platform   likewise domain: tag: state: name: (or id: dag:), with or without "*"
 *	"two words"      blanks belong to it, also behind a key
 *
 * Each word must fit. Capitals and small letters of ASCII are the same. */
#ifndef HEDDLE_STORE_WORDS_H
#define HEDDLE_STORE_WORDS_H

#include "base/err.h"
#include "base/str.h"

/* Appends a JSON array of {"k": key, "p": a pattern of SQLite's GLOB, in small letters}; key is
 * "any", "name", "owner", "domain", "tag" or "state". Fails with ERR_INVALID when a word has
 * another key. */
int words_parse(const char *text, struct str *json, struct err *err);

#endif
