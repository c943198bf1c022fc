/* The text of one JSON string. */
#ifndef DEDUPE_JSONL_H
#define DEDUPE_JSONL_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Writes the text of what stands between the quotes of a JSON string, its escapes resolved, to `text`, which
 * has room for n_bytes + 1; `raw` holds the closing quote too.  Gives its length; -1: raw is no such string. */
ptrdiff_t jsonl_text(const uint8_t *raw, size_t n_bytes, uint8_t *text);

#pragma GCC visibility pop

#endif
