/* A page dump as its lines, measured.  What is right stands in ../reference/page_lines.py and
 * page_context.py; the columns' names and order in ../page_columns.py. */
#ifndef DEDUPE_PAGE_H
#define DEDUPE_PAGE_H

#include "lines.h"

enum {
    LINE_COLUMNS = 38,
    PAGE_COLUMNS = 12,
    AROUND_COLUMNS = 175,
    HEAD_COLUMNS = 6,
    SECOND_COLUMNS = 42,
    FIRST_PART = LINE_COLUMNS + PAGE_COLUMNS + AROUND_COLUMNS, /* what needs no scores */
    HEAD_PART = FIRST_PART + HEAD_COLUMNS,                     /* what needs headline scores at most */
    ALL_COLUMNS = HEAD_PART + SECOND_COLUMNS
};

/* Columns that others are made of, by their number. */
enum {
    C_WORDS, C_LENGTH, C_ENDS, C_ENDS_COLON, C_ENDS_QUESTION, C_ENDS_PAREN, C_ENDS_CUT, C_SENTENCES, C_COMMAS,
    C_DIGITS, C_CAPITALS, C_SHOUTS, C_LOWERS, C_SHORTS, C_MARKS, C_WORD_LENGTH,
    C_OPENS, /* five of them */
    C_BARS = C_OPENS + 5, C_COPYRIGHT, C_ADDRESS, C_COLON, C_TIME, C_BANG, C_DATELINE,
    C_SITE, C_TALK, C_CREDIT, C_AUTHOR, C_MORE, C_READER, C_ABOUT, C_SITE_SHARE, C_READER_SHARE, C_CREDIT_END,
    C_COPIES, C_RULE, C_PLACE, C_WORDS_BEFORE, C_FROM_TOP, C_FROM_END,
    C_STOPS, C_SHARED, C_NEAR, C_FOLLOWED, C_FOLLOWED_WORDS, C_TELLING
};

enum {
    VOCABULARY_CLASSES = 7,
    CLASS_BITS = 7,
    LONG_WORDS = 12, /* of a line whose words tell what the page is about */
    MAX_PAGE_LINES = 100000
};

/* The keys of words, with their classes in the lowest bits. */
typedef struct {
    const uint64_t *slots; /* NULL: none */
    uint64_t mask;
    Py_buffer view;
} Vocabulary;

/* 0, or -1 with a Python exception set. */
int vocabulary_open(Vocabulary *vocabulary, PyObject *object);

/* Keys, numbered as they come. */
typedef struct {
    uint32_t *slots; /* a key's number + 1, or 0 */
    uint64_t mask;
    uint64_t *keys;
    uint32_t n, room;
} Numbers;

typedef struct {
    uint32_t word; /* its number among the page's words */
    int is_telling;
} Said;

/* One page at a time; the memory is kept from page to page. */
typedef struct {
    const Needles *needles;
    const Vocabulary *vocabulary;
    const uint8_t *wanted;   /* one byte a column: of AROUND and SECOND, what need not be filled; NULL: all are */
    FormScratch scratch;
    const uint8_t *text, *text_end;
    Py_ssize_t n, room;      /* lines */
    int64_t *start, *stop, *next;
    int32_t *x;              /* column c of line i is x[c * n + i] */
    uint32_t *line_number;   /* of a line's key; no blank line has one */
    uint8_t *is_blank, *holds, *drops;
    Py_ssize_t *first_said;  /* n + 1: where a line's words begin in `said` */
    Said *said;
    Py_ssize_t n_said, said_room;
    Numbers words, keys;
    int32_t *word_count, *word_last, *word_weight; /* by a word's number */
    int32_t *key_count;
    uint32_t word_room, key_room;
    int32_t stop_count;
    int32_t *kept, *before, *after; /* lines that count, and how many of them stand before each line */
    int32_t n_kept;
    int64_t *sums;           /* scratch of n + 1 */
    int64_t *more_sums;
    int32_t *blocks;         /* scratch of 3 n */
} Page;

void page_open(Page *page, const Needles *needles, const Vocabulary *vocabulary);
void page_close(Page *page);

/* Each 0, or -1 for want of memory. */
int page_read(Page *page, const uint8_t *at, const uint8_t *end); /* LINE and PAGE */
int page_around(Page *page);
int page_head(Page *page, const int32_t *scores);
int page_second(Page *page, const int32_t *scores);

static inline int32_t *page_column(const Page *page, int column)
{
    return page->x + (Py_ssize_t)column * page->n;
}

/* Whether one of `count` columns from `to` on is wanted. */
static inline int page_wants(const Page *page, const int32_t *to, int count)
{
    return !page->wanted || memchr(page->wanted + (to - page->x) / page->n, 1, (size_t)count);
}

/* Per mille, rounded; 0 of nothing. */
static inline int32_t page_share(int64_t part, int64_t whole)
{
    return whole ? (int32_t)((1000 * part + whole / 2) / whole) : 0;
}

/* A word that tells something: long enough, and no stop word of this page. */
static inline int page_tells(const Page *page, const Said *said)
{
    return said->is_telling && page->word_count[said->word] < page->stop_count;
}

#endif
