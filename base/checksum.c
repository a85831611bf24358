/* checksum.c - CRC-32C by half bytes: the table is small, and files are summed as fast as they are
 * read. */
#include "base/checksum.h"

static const uint32_t halves[16] = {0x00000000u, 0x105ec76fu, 0x20bd8edeu, 0x30e349b1u,
				    0x417b1dbcu, 0x5125dad3u, 0x61c69362u, 0x7198540du,
				    0x82f63b78u, 0x92a8fc17u, 0xa24bb5a6u, 0xb21572c9u,
				    0xc38d26c4u, 0xd3d3e1abu, 0xe330a81au, 0xf36e6f75u};

uint32_t checksum_crc32c_more(uint32_t before, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;
	uint32_t crc = ~before;

	while (count-- > 0) {
		crc ^= *at++;
		crc = (crc >> 4) ^ halves[crc & 15];
		crc = (crc >> 4) ^ halves[crc & 15];
	}
	return ~crc;
}

uint32_t checksum_crc32c(const void *bytes, size_t count)
{
	return checksum_crc32c_more(0, bytes, count);
}
