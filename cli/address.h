/* address.h - the address that a daemon serves HTTP on, as --listen and --port name it. Pure. */
#ifndef HEDDLE_CLI_ADDRESS_H
#define HEDDLE_CLI_ADDRESS_H

#include "base/err.h"

#include <stdint.h>

#define ADDRESS_HOST_SIZE 256

struct address {
	char host[ADDRESS_HOST_SIZE]; /* "" = the Unix socket only */
	uint16_t port;                /* 0 = any free one */
};

/* text: "HOST", "HOST:PORT", ":PORT", "[IPv6]", "[IPv6]:PORT", "none", or NULL for the default,
 * which also stands for a part left out: 127.0.0.1:8088. Fails with ERR_USAGE. */
int address_parse(const char *text, struct address *out, struct err *err);

#endif
