/* checksum.c - CRC-32C bit by bit: records are some hundred bytes, a table would be the larger
 * part. */
#include "base/checksum.h"

uint32_t checksum_crc32c(const void *bytes, size_t count)
{
	const unsigned char *at = bytes;
	uint32_t crc = 0xffffffffu;

	while (count-- > 0) {
		crc ^= *at++;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
	}
	return ~crc;
}
