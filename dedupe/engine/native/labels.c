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

/* Where the label says the term from `at` on, or NULL. */
static const uint8_t *find_term(const uint8_t *at, const uint8_t *end, const char *term, size_t size)
{
    while ((size_t)(end - at) >= size && (at = memchr(at, term[0], (size_t)(end - at) - size + 1))) {
        if (!memcmp(at, term, size))
            return at;
        at++;
    }
    return NULL;
}

static int holds(const uint8_t *label, const uint8_t *end, const char *term, size_t size, int is_single)
{
    int length;
    const uint8_t *code = (const uint8_t *)term, *at = find_term(label, end, term, size);
    if (unicode_decode(code, code + size, &length) >= UNSPACED_CODES)
        return at && (!is_single || (size_t)(end - label) == size);
    while (at) {
        if (!(at > label && is_letter_at(char_before(at, label), end)) && !is_letter_at(at + size, end))
            return 1;
        at = find_term(at + 1, end, term, size);
    }
    return 0;
}

int label_kind(const uint8_t *label, Py_ssize_t n)
{
    int kind = 0;
    for (size_t i = 0; i < sizeof LABEL_TERMS / sizeof *LABEL_TERMS; i++) {
        int is_new = LABEL_TERMS[i].kind & ~kind;
        if (is_new && holds(label, label + n, LABEL_TERMS[i].term, LABEL_TERMS[i].size, LABEL_TERMS[i].single))
            kind |= LABEL_TERMS[i].kind;
    }
    return kind;
}
