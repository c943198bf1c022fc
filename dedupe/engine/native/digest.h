/* 128 bits of a document's bytes, for exact duplicates; ../reference/digest.py says which. */
#ifndef DEDUPE_DIGEST_H
#define DEDUPE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

void digest_document(const uint8_t *text, size_t n_bytes, uint8_t digest[16]);

#pragma GCC visibility pop

#endif
