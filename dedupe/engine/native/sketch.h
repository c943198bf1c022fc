/* Shingle sets and signatures of one document, and the similarity of two sets. */
#ifndef DEDUPE_SKETCH_H
#define DEDUPE_SKETCH_H

#include "words.h"

#pragma GCC visibility push(hidden)

/* The permutations of a signature, their number padded to whole LANES. */
enum { LANES = 64 };
typedef struct {
    size_t n_perm, n_lanes;
    uint32_t *a, *b, *minima;
} Permutations;

int permutations_open(Permutations *permutations, const uint32_t *a, const uint32_t *b, size_t n_perm);
void permutations_close(Permutations *permutations);

/* Writes the n_perm values of a document's signature; -1: no memory. */
int sketch_document(Words *words, Permutations *permutations, const uint8_t *text, size_t n_bytes, uint32_t *signature);

/* Hands a document's shingles, in order and with repeats, to `take`, some at a time; `take` gives 0 to go on.
 * Gives what the last call of it gave, or -1: no memory. */
typedef int Take(void *taker, const uint64_t *shingles, size_t n);
int each_shingle(Words *words, const uint8_t *text, size_t n_bytes, Take *take, void *taker);

/* The most shingles that n bytes can have. */
#define MOST_SHINGLES(n_bytes) (((n_bytes) + 1) / 2)

/* Writes the document's shingles, sorted, each once, into `set`, which has room for MOST_SHINGLES(n_bytes),
 * and *spare grows to as many; gives their number, or -1: no memory. */
typedef struct {
    uint64_t *keys;
    size_t room;
} Spare;
ptrdiff_t shingle_document(Words *words, const uint8_t *text, size_t n_bytes, uint64_t *set, Spare *spare);

/* Of two sorted sets: shared / (all of both); 0 where both are empty. */
double jaccard_of(const uint64_t *one, size_t n_one, const uint64_t *other, size_t n_other);

#pragma GCC visibility pop

#endif
