/* identity.c - see identity.h. */
#include "daemon/identity.h"

#include "base/file.h"
#include "base/str.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TOKEN_PREFIX "hdt1."
#define MAC_BYTES crypto_auth_BYTES
#define KEY_DIGITS (2 * IDENTITY_KEY_BYTES)

_Static_assert(IDENTITY_KEY_BYTES == crypto_auth_KEYBYTES, "the key fits");
_Static_assert(sizeof TOKEN_PREFIX + 20 + 1 + 2 * MAC_BYTES <= IDENTITY_TOKEN_SIZE, "a token fits");

/* --- the key ------------------------------------------------------------------------------------
 */

/* It needs no sync: a power cut that takes the key also ends all whose tokens were made of it. */
static int make_key(struct identity *identity, const char *path, struct err *err)
{
	char text[KEY_DIGITS + 2];
	int rc;

	randombytes_buf(identity->key, sizeof identity->key);
	sodium_bin2hex(text, KEY_DIGITS + 1, identity->key, sizeof identity->key);
	memcpy(text + KEY_DIGITS, "\n", 2);
	rc = file_write_aside(path, text, 0600, err);
	sodium_memzero(text, sizeof text);
	return rc;
}

static int take_key(struct identity *identity, const char *path, const char *text, struct err *err)
{
	size_t length = strcspn(text, "\r\n");
	struct stat status;
	size_t bytes;

	if (length != KEY_DIGITS ||
	    sodium_hex2bin(identity->key, sizeof identity->key, text, length, NULL, &bytes, NULL) !=
		0 ||
	    bytes != sizeof identity->key)
		return err_set(err, ERR_INVALID,
			       "'%s' holds no key of %d hex digits; remove the file to have a new "
			       "one made, which ends the tokens of tasks that run",
			       path, KEY_DIGITS);
	if (stat(path, &status) == 0 && (status.st_mode & 077) != 0)
		return err_set(
		    err, ERR_REFUSED,
		    "'%s' can be read by others; make it private with: chmod 600 %s, or remove it "
		    "to have a new one made",
		    path, path);
	return 0;
}

int identity_open(struct identity *identity, const char *home, const char *incarnation,
		  struct err *err)
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	int rc;

	identity->incarnation = incarnation;
	identity->url[0] = '\0';
	if (snprintf(path, sizeof path, "%s/task.key", home) >= (int)sizeof path)
		return err_set(err, ERR_LIMIT, "path '%s/task.key' is too long", home);
	if (sodium_init() < 0)
		return err_set(err, ERR_IO, "libsodium does not start");
	rc = file_read(path, 4096, &text, err);
	if (rc == ERR_NOT_FOUND || (rc == 0 && text.size == 0))
		rc = make_key(identity, path, err);
	else if (rc == 0)
		rc = take_key(identity, path, str_text(&text), err);
	if (text.data != NULL)
		sodium_memzero(text.data, text.capacity);
	str_close(&text);
	return rc;
}

void identity_close(struct identity *identity)
{
	sodium_memzero(identity->key, sizeof identity->key);
}

/* --- tokens -------------------------------------------------------------------------------------
 */

/* What a MAC is of says what it is for, so that the key may serve other ends later. */
static void sign(const struct identity *identity, int64_t attempt_id, char mac[2 * MAC_BYTES + 1])
{
	unsigned char bytes[MAC_BYTES];
	char text[160];
	int length = snprintf(text, sizeof text, "heddle task token\n%.64s-%" PRId64,
			      identity->incarnation, attempt_id);

	crypto_auth(bytes, (const unsigned char *)text, (unsigned long long)length, identity->key);
	sodium_bin2hex(mac, 2 * MAC_BYTES + 1, bytes, sizeof bytes);
	sodium_memzero(bytes, sizeof bytes);
}

void identity_token(const struct identity *identity, int64_t attempt_id,
		    char token[IDENTITY_TOKEN_SIZE])
{
	char mac[2 * MAC_BYTES + 1];

	sign(identity, attempt_id, mac);
	snprintf(token, IDENTITY_TOKEN_SIZE, TOKEN_PREFIX "%" PRId64 ".%s", attempt_id, mac);
	sodium_memzero(mac, sizeof mac);
}

bool identity_read_token(const struct identity *identity, const char *token, int64_t *attempt_id)
{
	char wanted[IDENTITY_TOKEN_SIZE];
	size_t digits;
	bool matches;

	if (!str_starts_with(token, TOKEN_PREFIX))
		return false;
	digits = strspn(token + strlen(TOKEN_PREFIX), "0123456789");
	if (digits == 0 || digits > 18)
		return false;
	*attempt_id = strtoll(token + strlen(TOKEN_PREFIX), NULL, 10);
	identity_token(identity, *attempt_id, wanted);
	matches =
	    strlen(token) == strlen(wanted) && sodium_memcmp(token, wanted, strlen(wanted)) == 0;
	sodium_memzero(wanted, sizeof wanted);
	return matches;
}

/* --- the address --------------------------------------------------------------------------------
 */

void identity_set_url(struct identity *identity, const char *host, uint16_t port,
		      const char *socket_path)
{
	char *url = identity->url;

	if (host == NULL) {
		snprintf(url, IDENTITY_URL_SIZE, "unix:%s", socket_path);
		return;
	}
	if (strcmp(host, "0.0.0.0") == 0)
		host = "127.0.0.1";
	else if (strcmp(host, "::") == 0)
		host = "::1";
	snprintf(url, IDENTITY_URL_SIZE,
		 strchr(host, ':') == NULL ? "http://%s:%u" : "http://[%s]:%u", host, port);
}
