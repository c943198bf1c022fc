/* The text of one JSON string, and what is UTF-8. */
#ifndef DEDUPE_JSONL_H
#define DEDUPE_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Writes the text of what stands between the quotes of a JSON string, its escapes resolved, to `text`, which
 * has room for n_bytes + 1; `raw` holds the closing quote too.  Gives its length; -1: raw is no such string. */
ptrdiff_t jsonl_text(const uint8_t *raw, size_t n_bytes, uint8_t *text);

/* Whether n_bytes are UTF-8, surrogates left out. */
bool jsonl_is_utf8(const uint8_t *bytes, ptrdiff_t n_bytes);

#pragma GCC visibility pop

#endif
