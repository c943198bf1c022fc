/* What the files share that decide which lines of a document go.
 *
 * They say fast what ../../clean/ and ../../split.py say, function by function and under the same
 * names; those are the specification.  Everything lives on one desk: a few arrays that are laid out
 * for a document and used again for the next.  Nothing here knows Python but
 * the call itself (edits.c) and the door of the rules (rules.c).
 */
#ifndef DEDUPE_EDITS_H
#define DEDUPE_EDITS_H

#include "lines.h"

#pragma GCC visibility push(hidden)

/* The built-in rules, by number; those of the rules files follow. */
enum {
    NO_RULE = -1,
    HEADLINE,
    CAPTION,
    BYLINE,
    PARAGRAPH,
    AGAIN,
    CAPTION_DROPPED,
    BUILT_IN
};

enum { EDGED = 64 }; /* a mark of a line beside those of lines.h: its edges are known */
enum { PROSE_WIDTH = 80, WIDTH_LIMIT = 240 /* no decision asks for more */ };
enum { UNKNOWN = -1 };
enum { UNSPACED = 0xE0 }; /* lead bytes of scripts in which one word may be a line */

typedef struct {
    Py_ssize_t start, end, next;
    Py_ssize_t form, form_size; /* its normal form, in desk->forms */
    uint64_t key, edges[EDGES];
    int64_t width, flags;
    int32_t rule; /* the artifact rule that takes it, whatever stands around, or NO_RULE */
} Line;

/* One slot of the table in which a document's equal lines are counted. */
typedef struct {
    uint64_t key;
    Py_ssize_t count; /* 0: empty */
} Count;

/* One row of the answer. */
typedef struct {
    int64_t document, start, end, rule;
} Edit;

/* The rules of ../../clean/rules.py, as Rules.blob lays them out, checked by rules_open. */
typedef struct {
    int32_t evidence, run, family, max_words, first_cased, end_cased, first_then, end_then;
    int32_t source; /* the one it is for, or NO_SOURCE: any */
} Rule;
typedef struct { int32_t rule, is_start, next, at, size; } Item;
enum { ALONE, HEAD_ONLY, TAIL_ONLY, EDGE, BESIDE, ANYWHERE };
enum { NO_SOURCE = -1 };

typedef struct {
    Needles needles;
    const int32_t *first; /* by slot of the needles: the first of the items that share the key, or -1 */
    const Rule *rules;
    const Item *items;
    const uint8_t *bytes;
    Py_buffer view;
} Rules;

/* What may be asked for. */
typedef struct {
    int splits, drops_captions;
    uint32_t on; /* a bit for each built-in rule */
} Wanted;

/* A document's lines, the order of those that are left, and why the others go. */
typedef struct {
    const uint8_t *text;
    const Rules *rules;
    Wanted wanted;
    int32_t source; /* of the document at hand, or NO_SOURCE */
    FormScratch scratch; /* has room for the longest line's form, twice, once the desk is laid */
    Glance glance;
    uint8_t *forms;
    size_t forms_room;
    Line *lines;
    Py_ssize_t n_lines, lines_room;
    Py_ssize_t *order, *kept; /* line numbers, ascending: before a round and after */
    Py_ssize_t n_order, n_kept;
    int32_t *gone; /* by line: its rule, or NO_RULE */
    /* The article at hand: its lines that are not blank. */
    Py_ssize_t *ids;
    uint8_t *joined, *prose;
    int32_t *found, *labels; /* by place in the article: the rule by which it goes, or may go */
    Py_ssize_t n, n_prose, first_prose, last_prose;
    int gapless;
    int repeats; /* whether the head repeats itself, or UNKNOWN */
    Count *counts; /* room for a power of two, twice the lines at least */
    void *block; /* what the arrays lie in */
    size_t block_room;
} Desk;

static inline Line *line_at(const Desk *desk, Py_ssize_t k) { return desk->lines + desk->ids[k]; }

static inline int is_prose(const Line *line) { return line->width >= PROSE_WIDTH && line->flags & LETTERS; }

/* articles.c: a desk, 0 or -1 for want of memory; a document's lines, and its marks, or -1; what is to be
 * known of them where there are marks, 0 or -1. */
int desk_open(Desk *desk, const Rules *rules, Wanted wanted);
void desk_close(Desk *desk);
int desk_read(Desk *desk, const uint8_t *text, Py_ssize_t size);
int desk_lay(Desk *desk);

/* The lines of order[first:stop] as the article at hand; where in the order an article begins behind
 * `after`, or its end. */
void article_take(Desk *desk, Py_ssize_t first, Py_ssize_t stop);
Py_ssize_t next_article(const Desk *desk, Py_ssize_t after);
int ends_open(const Desk *desk, const Line *line);

/* copies.c: whether `later` copies `first`, two different normal forms; LABELLED: among other copies it does. */
enum { NO_COPY, COPY, LABELLED };
int is_copy(Desk *desk, const Line *first, const Line *later);

/* labels.c: the kinds of term that a label, part of a normal form, holds. */
enum { CREDIT = 1, SITE = 2, TELLING = 4 };
int label_kind(const uint8_t *label, Py_ssize_t n);

/* repeats.c and artifacts.c: fill desk->found. */
void find_repeats(Desk *desk);
void find_artifacts(Desk *desk);

/* rules.c */
int rules_open(Rules *rules, PyObject *needles, PyObject *blob);
void rules_close(Rules *rules);
int32_t rules_match(const Rules *rules, int32_t source, const uint8_t *raw, Py_ssize_t n, const uint8_t *form,
                    Py_ssize_t form_size);
int may_follow(Desk *desk, int32_t rule, const Line *line);

/* layout.c: adds to desk->kept what stays of the article in order[first:stop]. */
void close_gaps(Desk *desk, Py_ssize_t first, Py_ssize_t stop);

#pragma GCC visibility pop

#endif
