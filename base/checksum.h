/* checksum.h - CRC-32C (Castagnoli; RFC 3720 appendix B.4), against torn and rotten records. */
#ifndef HEDDLE_BASE_CHECKSUM_H
#define HEDDLE_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t checksum_crc32c(const void *bytes, size_t count);
/* Of what is read piece by piece: before is that of the pieces so far, 0 at first. */
uint32_t checksum_crc32c_more(uint32_t before, const void *bytes, size_t count);

#endif
