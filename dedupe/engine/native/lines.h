/* A line's normal form, and where lines lie.  What is right stands in ../reference/lines.py. */
#ifndef DEDUPE_LINES_H
#define DEDUPE_LINES_H

#include "native.h"

/* Room that a normal form (and a fold on its way) of n bytes may take. */
#define FORM_ROOM(n) (3 * (n) + 16)

/* Scratch for one line, grown as lines come. */
typedef struct {
    uint8_t *fold, *form;
    Py_ssize_t room;
} FormScratch;

/* Fills tables that code points are looked up in; called once, before anything else. */
void lines_prepare(void);

int form_reserve(FormScratch *scratch, Py_ssize_t n);
void form_free(FormScratch *scratch);

/* The normal form of n bytes, in scratch->form; gives its length, or -1 for want of memory. */
Py_ssize_t line_form(FormScratch *scratch, const uint8_t *line, Py_ssize_t n);

/* A normal form's shape (runs of digits are one #), written to `shape`, which has room for n bytes. */
Py_ssize_t line_shape(const uint8_t *form, Py_ssize_t n, uint8_t *shape);

uint64_t line_key(const uint8_t *form, Py_ssize_t n);

/* The end of the line that starts at `at`, without its ending (LF or CR LF: a lone CR ends none, or taking
 * out what stands between it and an LF would join the two); *next is where the next one starts. */
static inline const uint8_t *line_end(const uint8_t *at, const uint8_t *end, const uint8_t **next)
{
    const uint8_t *feed = memchr(at, '\n', (size_t)(end - at));
    if (!feed) {
        *next = end;
        return end;
    }
    *next = feed + 1;
    return feed > at && feed[-1] == '\r' ? feed - 1 : feed;
}

#endif
