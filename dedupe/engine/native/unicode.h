/* Code points of a pinned Unicode version: what they are, and how they compare (fold).
 *
 * Text is UTF-8 as Python's "surrogatepass" writes it: a lone surrogate is three bytes and one code
 * point without properties.  A byte that belongs to no sound sequence counts as U+FFFD, and nothing
 * is read outside the span.  The tables come from ../make_tables.py.
 */
#ifndef DEDUPE_UNICODE_H
#define DEDUPE_UNICODE_H

#include <stddef.h>
#include <stdint.h>

#include "unicode_tables.h"

#pragma GCC visibility push(hidden)

/* UNICODE_... bits of a code point, by UNICODE_PROPERTIES below. */
extern const uint16_t unicode_stage1[0x110000 / 64];
extern const uint16_t unicode_stage2[];

/* casefold(NFC(text)) of n bytes, written to `out`, which has room for UNICODE_FOLD_GROWTH * n bytes
 * and does not overlap; gives the bytes written, or -1 where memory for a run of more than 64
 * combining marks is wanting.  Linear in n but for a factor of at most log n in such runs. */
enum { UNICODE_FOLD_GROWTH = 3 };
ptrdiff_t unicode_fold(const uint8_t *in, ptrdiff_t n, uint8_t *out);

/* The same for a stretch of text that NFC takes by itself: it and what follows it begin with a code point
 * that is no UNICODE_NFC_SUSPECT, or it begins the text.  Gives where the writing ended, or NULL. */
uint8_t *unicode_fold_stretch(const uint8_t *at, const uint8_t *end, uint8_t *to);

/* NFC of a code point that is no suspect and one suspect after it: *joined is what they become, or 0 where
 * they stay; gives 0 where it takes more than that to say. */
int unicode_pair(uint32_t starter, uint32_t suspect, uint32_t *joined);

/* Writes the case folding of a code point, at most 6 bytes; gives their number. */
ptrdiff_t unicode_write_folded(uint32_t code_point, uint8_t *to);

/* Writes a code point (a surrogate too) and gives its 1 to 4 bytes' number. */
static inline int unicode_encode(uint32_t code_point, uint8_t *out)
{
    if (code_point < 0x80) {
        out[0] = (uint8_t)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (uint8_t)(0xC0 | code_point >> 6);
        out[1] = (uint8_t)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code_point >> 12);
        out[1] = (uint8_t)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code_point >> 18);
    out[1] = (uint8_t)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (code_point & 0x3F));
    return 4;
}

/* The code point at `at` (before `end`), its 1 to 4 bytes' number in *length. */
static inline uint32_t unicode_decode(const uint8_t *at, const uint8_t *end, int *length)
{
    uint32_t lead = at[0];
    ptrdiff_t left = end - at;
    *length = 1;
    if (lead < 0x80)
        return lead;
    if (lead < 0xE0) {
        if (lead >= 0xC2 && left >= 2 && (at[1] & 0xC0) == 0x80) {
            *length = 2;
            return (lead & 0x1F) << 6 | (at[1] & 0x3Fu);
        }
    } else if (lead < 0xF0) {
        if (left >= 3 && (at[1] & 0xC0) == 0x80 && (at[2] & 0xC0) == 0x80) {
            uint32_t code_point = (lead & 0x0F) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
            if (code_point >= 0x800) {
                *length = 3;
                return code_point;
            }
        }
    } else if (lead < 0xF5) {
        if (left >= 4 && (at[1] & 0xC0) == 0x80 && (at[2] & 0xC0) == 0x80 && (at[3] & 0xC0) == 0x80) {
            uint32_t code_point =
                (lead & 0x07) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
            if (code_point >= 0x10000 && code_point < 0x110000) {
                *length = 4;
                return code_point;
            }
        }
    }
    return 0xFFFD;
}

static inline uint32_t unicode_properties(uint32_t code_point)
{
    return unicode_stage2[(uint32_t)unicode_stage1[code_point >> 6] << 6 | (code_point & 63)];
}

/* What str.split and \s take for white space in Python: White_Space, and the four separators of ASCII. */
static inline int is_python_space(uint32_t c) { return (unicode_properties(c) & UNICODE_SPACE) || (c >= 0x1C && c <= 0x1F); }

#pragma GCC visibility pop

#endif
