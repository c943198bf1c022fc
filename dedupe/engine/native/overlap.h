/* How much of one document's shingle set others share, exactly. */
#ifndef DEDUPE_OVERLAP_H
#define DEDUPE_OVERLAP_H

#include "words.h"

#pragma GCC visibility push(hidden)

/* Keys, each once, in the order they came, and an open hash table of their numbers from 1 on. */
typedef struct {
    uint64_t *keys;
    uint8_t *seen; /* which of them the other document at hand has too */
    size_t n, room;
    uint32_t *numbers;
    size_t mask, numbers_room; /* mask + 1: in use; room: made */
} Set;

typedef struct {
    Words words;
    Set own, extra; /* the document's shingles; those that only the other one has */
    const uint8_t *text;
    size_t n_bytes;
    int is_put; /* are the shingles there, if they are counted in one part? */
    /* Of the comparison at hand: */
    double threshold;
    size_t n_own, n_shared, n_extra;
    size_t next; /* of the document's shingles, behind the last one that was shared */
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

/* Bytes held. */
size_t overlap_memory(const Overlap *overlap);

#pragma GCC visibility pop

#endif
