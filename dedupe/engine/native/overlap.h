/* How much of one document's shingle set others share, exactly. */
#ifndef DEDUPE_OVERLAP_H
#define DEDUPE_OVERLAP_H

#include "words.h"

#pragma GCC visibility push(hidden)

typedef struct {
    uint64_t key;
    uint32_t stamp; /* of the set that it is in: sets are emptied by taking another stamp */
    uint32_t seen;  /* stamp of the last other document that has it too */
} Member;

typedef struct {
    Member *members;
    size_t room, mask, n; /* room: made; mask + 1: in use */
    uint32_t stamp;
} Set;

typedef struct {
    Words words;
    Set own, extra; /* the document's shingles; those that only the other one has */
    const uint8_t *text;
    size_t n_bytes;
    int is_put;
    /* Of the comparison at hand: */
    double threshold;
    size_t n_own, n_shared, n_extra;
    uint64_t part, parts;
} Overlap;

/* Each gives -1 for want of memory. */
int overlap_open(Overlap *overlap);
void overlap_close(Overlap *overlap);

/* The document that others are compared with; its text must stay. */
void overlap_begin(Overlap *overlap, const uint8_t *text, size_t n_bytes);

/* 1 if the similarity is at or above the threshold, with the numbers of shared shingles and of all; else 0. */
int overlap_reaches(Overlap *overlap, const uint8_t *text, size_t n_bytes, double threshold, int64_t shared[2]);

/* Frees what a large document has made large. */
void overlap_shrink(Overlap *overlap);

#pragma GCC visibility pop

#endif
