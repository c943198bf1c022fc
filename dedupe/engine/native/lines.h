/* A line's normal form, and where lines lie.  What is right stands in ../reference/lines.py. */
#ifndef DEDUPE_LINES_H
#define DEDUPE_LINES_H

#include "native.h"

/* Room that a normal form (and a fold on its way) of n bytes may take. */
#define FORM_ROOM(n) (3 * (n) + 16)

enum { BLANK = 1, LETTERS = 2, DIGITS = 4, STOP = 8, ARTIFACT = 16 }; /* marks of a line */
enum {
    SHAPE_BYTES = 240, /* artifacts are short, */
    LONG_BYTES = 4096, /* but for whole lines that a rule names */
    SHAPE_ENDS = 12,   /* places in a line where the beginning that a rule names may end */
    EDGES = 3
};
static const uint64_t START_SALT = 0x9E3779B97F4A7C15u;

/* Scratch for one line, grown as lines come. */
typedef struct {
    uint8_t *fold, *form;
    Py_ssize_t room;
} FormScratch;

/* Fills tables that code points are looked up in; called once, before anything else. */
void lines_prepare(void);

int form_reserve(FormScratch *scratch, Py_ssize_t n);
void form_free(FormScratch *scratch);

/* The normal form of n bytes, in scratch->form or in `form`, which has room for FORM_ROOM(n) bytes;
 * gives its length, or -1 for want of memory. */
Py_ssize_t line_form(FormScratch *scratch, const uint8_t *line, Py_ssize_t n);
Py_ssize_t line_form_into(FormScratch *scratch, const uint8_t *line, Py_ssize_t n, uint8_t *form);

/* A normal form's shape (runs of digits are one #), written to `shape`, which has room for n bytes. */
Py_ssize_t line_shape(const uint8_t *form, Py_ssize_t n, uint8_t *shape);

uint64_t line_key(const uint8_t *form, Py_ssize_t n);

/* What a form's bytes tell at a glance: the code points, whether some of them have three bytes and more
 * (LONG_CODES), letters of ASCII, and digits of one or two bytes. */
enum { LONG_CODES = 256 };
int form_survey(const uint8_t *form, Py_ssize_t n, Py_ssize_t *codes);

/* Keys of a form's opening, of its closing, and of its frame: both ends of a short one; 0: none. */
void edge_keys(const uint8_t *form, Py_ssize_t n, uint64_t edges[EDGES]);

/* A form's marks, but for ARTIFACT, and its width in columns.  A form of more columns than `limit` is
 * not looked at to its end, once it has a letter: its width is then only known to be more, and whether
 * it has digits is not. */
int64_t form_flags(const uint8_t *form, Py_ssize_t n, int64_t limit, int64_t *width);

/* needles.c: the rules' keys, an open-addressing table, behind four gates of one bit for each value of a
 * hash: of the first three bytes of any shape, of those and the length of whole lines' shapes, and of the
 * first three bytes of beginnings and of shapes of more than SHAPE_BYTES.  Few lines get past them. */
typedef struct {
    const uint8_t *gates; /* NULL: no rules */
    const uint64_t *slots;
    uint64_t mask;
    Py_buffer view;
} Needles;

/* 0, or -1 with a Python exception set. */
int needles_open(Needles *needles, PyObject *object);

/* The slot of a key, or -1. */
Py_ssize_t needle_slot(const Needles *needles, uint64_t key);

/* Where in a shape the beginning that a rule names may end; at most SHAPE_ENDS places. */
int shape_ends(const uint8_t *shape, Py_ssize_t n, Py_ssize_t *ends);

/* Whether some rule's line or beginning may be here. */
int is_artifact(const Needles *needles, const uint8_t *form, Py_ssize_t n);

/* Keys of one document's lines; `stamp` tells them from those of others. */
typedef struct {
    struct { uint64_t key; uint64_t stamp; } *slots;
    uint64_t mask, stamp;
    Py_ssize_t used;
} KeySet;

/* Room for keys, or for twice as many: 0, or -1 for want of memory.  A key: 1 where it is there already, 0
 * where it was added, -1 likewise. */
int keys_grow(KeySet *keys);
int keys_add(KeySet *keys, uint64_t key);

/* What is known of a document, line by line, before anything is decided: whether lines of it are alike. */
enum { REPEATED = 1, SIMILAR = 2, ARTIFACT_SEEN = 4 };
typedef struct {
    KeySet keys;
    int marks, blanks, head;
} Glance;

/* The table, 0 or -1 for want of memory; another document; its next line, 0 or -1 likewise. */
int glance_open(Glance *glance);
void glance_close(Glance *glance);
void glance_begin(Glance *glance);
int glance_line(Glance *glance, const uint8_t *form, Py_ssize_t n, uint64_t key);

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
