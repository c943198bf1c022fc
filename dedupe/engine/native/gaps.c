/* Which documents may hold several articles: three blank lines stand together in them, and more behind these.
 *
 * Nearly all documents have no such place, and are passed by 64 bytes at a time where there are vectors for it: four
 * line ends (three at the start) must come without a byte between them that no blank line has.
 */
#include "gaps.h"

#include "clones.h"

#ifdef HAS_CLONES
#include <immintrin.h>
#endif

enum {
    ARTICLE_GAP = 3, /* blank lines between two articles */
    WIDE = 64
};

/* Of all characters that fold to nothing or to a space (tests/test_lines.py), none holds one of these bytes; many
 * others do, in every script. */
#define OF_NO_BLANK(within, bytes) \
    (within(bytes, 0x21, 0x7E) | within(bytes, 0xC3, 0xCB) | within(bytes, 0xCE, 0xD7) | within(bytes, 0xD9, 0xDF) \
     | within(bytes, 0xE4, 0xEE))
#define IS_WITHIN(byte, first, last) ((byte) >= (first) && (byte) <= (last))

#ifdef HAS_CLONES
INLINED WIDEST uint64_t within(__m512i bytes, uint8_t first, uint8_t last)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8((char)first)), _mm512_set1_epi8((char)(last - first)));
}

WIDEST static int wide_may_have_gap(const uint8_t *at, const uint8_t *end)
{
    int n_ends = 1; /* of lines, since the last byte that no blank line has; the text's start ends one too */
    for (; at < end; at += WIDE) {
        __mmask64 there = end - at >= WIDE ? ~(uint64_t)0 : ~(uint64_t)0 >> (WIDE - (end - at));
        __m512i bytes = _mm512_maskz_loadu_epi8(there, at);
        __m512i next = _mm512_maskz_loadu_epi8(end - at > WIDE ? there : there >> 1, at + 1);
        uint64_t ends = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n'));
        if (!(ends & ~within(next, 0x21, 0x7E)) && !n_ends) /* mostly a line's first letter, foreseen by the processor */
            continue;
        uint64_t filled = OF_NO_BLANK(within, bytes);
        if (!filled) {
            n_ends += __builtin_popcountll(ends);
        } else {
            uint64_t before = (filled & -filled) - 1, after = ~(uint64_t)0 << (WIDE - 1 - __builtin_clzll(filled));
            if (__builtin_popcountll(ends) > ARTICLE_GAP || n_ends + __builtin_popcountll(ends & before) > ARTICLE_GAP)
                return 1;
            n_ends = __builtin_popcountll(ends & after);
        }
        if (n_ends > ARTICLE_GAP)
            return 1;
    }
    return 0;
}
#endif

INLINED int may_have_gap_body(int vector_bytes, const uint8_t *at, const uint8_t *end)
{
#ifdef HAS_CLONES
    if (vector_bytes == 64)
        return wide_may_have_gap(at, end);
#endif
    (void)vector_bytes;
    return end - at > ARTICLE_GAP;
}
CLONES_TO_WIDEST(int, may_have_gap, (const uint8_t *at, const uint8_t *end), (at, end))

/* Whether one of the bytes is of no blank line, as the first of nearly all lines is. */
static int holds_text(const uint8_t *at, const uint8_t *stop)
{
    for (; at < stop; at++)
        if (OF_NO_BLANK(IS_WITHIN, *at))
            return 1;
    return 0;
}

int has_gap(const uint8_t *at, const uint8_t *end, FormScratch *scratch)
{
    int blanks = 0;
    if (!may_have_gap(at, end))
        return 0;
    while (at < end) {
        const uint8_t *next, *stop = line_end(at, end, &next);
        int is_blank = at == stop;
        if (!is_blank && !holds_text(at, stop)) {
            Py_ssize_t n = line_form(scratch, at, stop - at);
            if (n < 0)
                return -1;
            is_blank = n == 0;
        }
        blanks = is_blank ? blanks + 1 : 0;
        if (blanks == ARTICLE_GAP && next < end)
            return 1;
        at = next;
    }
    return 0;
}
