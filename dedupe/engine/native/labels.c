/* What a label before or behind a copy of a line is: ../../clean/labels.py. */
#include "edits.h"
#include "label_table.h"
#include "unicode.h"

enum { UNSPACED_CODES = 0x2E80 }; /* code points from here on are of scripts in which words need no space */

static int is_letter_at(const uint8_t *at, const uint8_t *end)
{
    int length;
    return at < end && unicode_properties(unicode_decode(at, end, &length)) & UNICODE_LETTER;
}

static const uint8_t *char_before(const uint8_t *at, const uint8_t *start)
{
    while (--at > start && (*at & 0xC0) == 0x80)
        ;
    return at;
}

/* Whether the term that the label says from `at` on ends there at a word's end, or is of a script without such. */
static int stands_alone(const uint8_t *label, const uint8_t *end, const uint8_t *at, size_t size, int is_single)
{
    int length;
    if (unicode_decode(at, end, &length) >= UNSPACED_CODES)
        return !is_single || (size_t)(end - label) == size;
    return !(at > label && is_letter_at(char_before(at, label), end)) && !is_letter_at(at + size, end);
}

int label_kind(const uint8_t *label, Py_ssize_t n)
{
    const uint8_t *end = label + n;
    int kind = 0;
    for (const uint8_t *at = label; at < end; at++) {
        for (int i = LABEL_FIRST[*at]; i < LABEL_FIRST[*at + 1]; i++) {
            size_t size = LABEL_TERMS[i].size;
            if (LABEL_TERMS[i].kind & ~kind && (size_t)(end - at) >= size && !memcmp(at, LABEL_TERMS[i].term, size) &&
                stands_alone(label, end, at, size, LABEL_TERMS[i].single))
                kind |= LABEL_TERMS[i].kind;
        }
    }
    return kind;
}
