/* session.c - links, cookies and what goes with them; see session.h. */
#include "web/session.h"

#include "base/file.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Random secrets need no slow hash: nobody can try 2^256 of them. */
void session_hash(const char *secret, unsigned char hash[SESSION_HASH_BYTES])
{
	crypto_generichash(hash, SESSION_HASH_BYTES, (const unsigned char *)secret, strlen(secret),
			   NULL, 0);
}

static struct session_entry *oldest(struct session_entry *entries, size_t count)
{
	struct session_entry *found = entries;

	for (size_t i = 1; i < count; i++)
		if (entries[i].until_boot_ms < found->until_boot_ms)
			found = &entries[i];
	return found;
}

/* All are looked at, in the same time whichever fits. */
static struct session_entry *find(const struct session_entry *entries, size_t count,
				  const char *secret, int64_t now_boot_ms)
{
	unsigned char hash[SESSION_HASH_BYTES];
	const struct session_entry *found = NULL;

	session_hash(secret, hash);
	for (size_t i = 0; i < count; i++)
		if (sodium_memcmp(entries[i].hash, hash, sizeof hash) == 0 &&
		    entries[i].until_boot_ms > now_boot_ms)
			found = &entries[i];
	return (struct session_entry *)found;
}

static void put(struct session_entry *entries, size_t count, int64_t until_boot_ms,
		char secret[SESSION_SECRET_SIZE])
{
	struct session_entry *entry = oldest(entries, count);

	random_hex(secret, SESSION_SECRET_SIZE - 1);
	secret[SESSION_SECRET_SIZE - 1] = '\0';
	session_hash(secret, entry->hash);
	entry->until_boot_ms = until_boot_ms;
}

void session_make_link(struct sessions *sessions, int64_t now_boot_ms,
		       char secret[SESSION_SECRET_SIZE])
{
	put(sessions->links, SESSION_LINKS_MAX, now_boot_ms + SESSION_LINK_MS, secret);
}

/* RFC 3986 section 3.2.2. */
void session_link_url(const char *host, uint16_t port, const char *secret,
		      char url[SESSION_URL_SIZE])
{
	snprintf(url, SESSION_URL_SIZE,
		 strchr(host, ':') == NULL ? "http://%.300s:%u/sign-in/%s"
					   : "http://[%.300s]:%u/sign-in/%s",
		 host, (unsigned)port, secret);
}

/* --- cookies ------------------------------------------------------------------------------------
 */

#define END_BYTES 8
#define SIGNED_BYTES 16 /* the end and what is random */
#define COOKIE_BYTES ((SESSION_SECRET_SIZE - 1) / 2)

static_assert(COOKIE_BYTES - SIGNED_BYTES >= crypto_generichash_BYTES_MIN, "a whole signature");

void session_init(struct sessions *sessions, const char *token)
{
	static const char what[] = "heddle page sessions ";
	crypto_generichash_state state;

	sodium_memzero(sessions, sizeof *sessions);
	if (token == NULL) {
		randombytes_buf(sessions->key, sizeof sessions->key);
		return;
	}
	crypto_generichash_init(&state, NULL, 0, sizeof sessions->key);
	crypto_generichash_update(&state, (const unsigned char *)what, strlen(what));
	crypto_generichash_update(&state, (const unsigned char *)token, strlen(token));
	crypto_generichash_final(&state, sessions->key, sizeof sessions->key);
}

void session_close(struct sessions *sessions)
{
	vec_close(&sessions->ended);
	sodium_memzero(sessions, sizeof *sessions);
}

static void sign(const struct sessions *sessions, const unsigned char *bytes,
		 unsigned char *signature)
{
	crypto_generichash(signature, COOKIE_BYTES - SIGNED_BYTES, bytes, SIGNED_BYTES,
			   sessions->key, sizeof sessions->key);
}

static void make_cookie(const struct sessions *sessions, int64_t until_ms,
			char cookie[SESSION_SECRET_SIZE])
{
	unsigned char bytes[COOKIE_BYTES];

	for (size_t i = 0; i < END_BYTES; i++)
		bytes[i] = (unsigned char)((uint64_t)until_ms >> (8 * (END_BYTES - 1 - i)));
	randombytes_buf(bytes + END_BYTES, SIGNED_BYTES - END_BYTES);
	sign(sessions, bytes, bytes + SIGNED_BYTES);
	sodium_bin2hex(cookie, SESSION_SECRET_SIZE, bytes, sizeof bytes);
	sodium_memzero(bytes, sizeof bytes);
}

bool session_spend_link(struct sessions *sessions, const char *secret, struct moment now,
			char cookie[SESSION_SECRET_SIZE])
{
	struct session_entry *link = find(sessions->links, SESSION_LINKS_MAX, secret, now.boot_ms);

	if (link == NULL)
		return false;
	sodium_memzero(link, sizeof *link);
	make_cookie(sessions, now.wall_ms + SESSION_MS, cookie);
	return true;
}

/* --- ended by hand ------------------------------------------------------------------------------
 */

static bool is_ended(const struct sessions *sessions, const char *cookie)
{
	unsigned char hash[SESSION_HASH_BYTES];

	if (sessions->ended.count == 0)
		return false;
	session_hash(cookie, hash);
	for (size_t i = 0; i < sessions->ended.count; i++)
		if (sodium_memcmp(sessions->ended.items[i].hash, hash, sizeof hash) == 0)
			return true;
	return false;
}

void session_end_hash(struct sessions *sessions, const unsigned char hash[SESSION_HASH_BYTES],
		      int64_t until_wall_ms)
{
	struct session_ended ended = {.until_wall_ms = until_wall_ms};

	memcpy(ended.hash, hash, sizeof ended.hash);
	vec_push(&sessions->ended, ended);
}

/* Those whose time is over make room. */
static void forget_old(struct sessions *sessions, int64_t now_wall_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < sessions->ended.count; i++)
		if (sessions->ended.items[i].until_wall_ms > now_wall_ms)
			sessions->ended.items[kept++] = sessions->ended.items[i];
	sessions->ended.count = kept;
}

void session_end(struct sessions *sessions, const char *cookie, int64_t now_wall_ms)
{
	unsigned char hash[SESSION_HASH_BYTES];

	forget_old(sessions, now_wall_ms);
	session_hash(cookie, hash);
	session_end_hash(sessions, hash, now_wall_ms + SESSION_LONGEST_MS);
}

int64_t session_until(const struct sessions *sessions, const char *cookie, int64_t now_wall_ms)
{
	unsigned char signature[COOKIE_BYTES - SIGNED_BYTES];
	unsigned char bytes[COOKIE_BYTES];
	uint64_t until = 0;
	size_t size;

	if (sodium_hex2bin(bytes, sizeof bytes, cookie, strlen(cookie), NULL, &size, NULL) != 0 ||
	    size != sizeof bytes)
		return 0;
	sign(sessions, bytes, signature);
	if (sodium_memcmp(signature, bytes + SIGNED_BYTES, sizeof signature) != 0 ||
	    is_ended(sessions, cookie))
		return 0;
	for (size_t i = 0; i < END_BYTES; i++)
		until = until << 8 | bytes[i];
	return (int64_t)until > now_wall_ms && (int64_t)until <= now_wall_ms + SESSION_LONGEST_MS
		   ? (int64_t)until
		   : 0;
}

void session_csrf(const char *cookie, char csrf[SESSION_SECRET_SIZE])
{
	static const unsigned char what[] = "heddle csrf";
	unsigned char bytes[(SESSION_SECRET_SIZE - 1) / 2];

	crypto_generichash(bytes, sizeof bytes, what, sizeof what - 1,
			   (const unsigned char *)cookie, strlen(cookie));
	sodium_bin2hex(csrf, SESSION_SECRET_SIZE, bytes, sizeof bytes);
	sodium_memzero(bytes, sizeof bytes);
}

bool session_csrf_matches(const char *cookie, const char *given)
{
	char csrf[SESSION_SECRET_SIZE];

	session_csrf(cookie, csrf);
	return given != NULL && strlen(given) == sizeof csrf - 1 &&
	       sodium_memcmp(csrf, given, sizeof csrf - 1) == 0;
}

void session_cookie_name(uint16_t port, char name[SESSION_NAME_SIZE])
{
	snprintf(name, SESSION_NAME_SIZE, "heddle_session_%u", (unsigned)port);
}

static bool is_secret(const char *text, size_t length)
{
	return length == SESSION_SECRET_SIZE - 1 && strspn(text, "0123456789abcdef") == length;
}

bool session_find_cookie(const char **header, const char *name, char cookie[SESSION_SECRET_SIZE])
{
	size_t name_length = strlen(name);

	while (*header != NULL && **header != '\0') {
		const char *pair = *header;
		size_t length = strcspn(pair, ";");

		*header += length;
		*header += strspn(*header, "; ");
		if (length > name_length && pair[name_length] == '=' &&
		    memcmp(pair, name, name_length) == 0 &&
		    is_secret(pair + name_length + 1, length - name_length - 1)) {
			memcpy(cookie, pair + name_length + 1, SESSION_SECRET_SIZE - 1);
			cookie[SESSION_SECRET_SIZE - 1] = '\0';
			return true;
		}
	}
	return false;
}
