/* chain.h - the hash chain of the facts: a fact that was changed, moved or lost shows.
 *
 * Each fact carries BLAKE2b-256 of the hash of the fact before it and of all that it says itself.
 * Facts of releases that knew no chain carry none; they are part of it all the same, because the
 * first fact after them carries on from the hash that they would have. Before fact 1 it is zero. */
#ifndef HEDDLE_STORE_CHAIN_H
#define HEDDLE_STORE_CHAIN_H

#include "store/core.h"

/* From the hash of the fact before to that of this one. */
void chain_next(unsigned char hash[CHAIN_HASH_BYTES], int64_t fact_no, const struct fact *fact);
/* The hash of the last fact. Reads all facts only where the last one carries none. */
int chain_last(struct db *db, unsigned char hash[CHAIN_HASH_BYTES], struct err *err);
/* Fails with ERR_CORRUPT, and names the fact, where one of the last count facts is missing or does
 * not follow from the one before; count INT64_MAX = all. *checked: how many there are. */
int chain_check(struct db *db, int64_t count, int64_t *checked, struct err *err);

#endif
