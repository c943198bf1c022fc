/* In how many documents of a source each line stands, and where: ../reference/tally.py says the same.
 *
 * Two passes over the same documents.  The first counts keys in a sketch of fixed size, which never counts
 * too few.  The second keeps an entry for each line that the sketch lets pass, by itself or for a form of
 * it in which words may vary, and counts exactly. */
#ifndef DEDUPE_TALLY_H
#define DEDUPE_TALLY_H

#include "lines.h"

#pragma GCC visibility push(hidden)

/* What is known of a line of a source.  Places are those of its first copy in each document. */
typedef struct {
    int64_t source, documents;
    int64_t head, tail, between;
    int64_t headlines; /* lines that may be headlines (see tally_gather) of the documents that have it in the head */
    int64_t buckets;   /* a bit for each stretch of time that has it */
    int64_t key;       /* of its shape */
    int64_t below;     /* key of the line that most often follows it, */
    int64_t votes;     /* and how sure that is (Boyer and Moore's majority vote) */
    int64_t reworded;  /* documents in which its normal form is not that of the first one: other numbers */
    int64_t n_examples;
} TallyRow;
enum { TALLY_EXAMPLES = 8, TALLY_HEADLINES = 15 };

typedef struct { int64_t at, size; } TallyExample;

typedef struct {
    TallyRow row;
    uint64_t mixed; /* key and source; 0: an empty slot's entry never is */
    int64_t last_document;
    uint64_t first_exact;
    uint64_t example_keys[TALLY_EXAMPLES];
    TallyExample examples[TALLY_EXAMPLES];
} TallyEntry;

typedef struct Tally Tally;

/* NULL for want of memory. */
Tally *tally_new(int sketch_bits, int64_t most_entries);
void tally_free(Tally *tally);

/* One document of the first pass, and one of the second, which needs to know how many documents make a line
 * frequent, and its stretch of time.  -1 for want of memory; tally_gather else gives how many lines of its
 * own that read like headlines stand above the first that reads like none, TALLY_HEADLINES at most. */
int tally_count(Tally *tally, const uint8_t *text, Py_ssize_t size, int32_t source);
int tally_gather(Tally *tally, const uint8_t *text, Py_ssize_t size, int32_t source, int bucket, int32_t frequent);

const TallyEntry *tally_entries(const Tally *tally, Py_ssize_t *n);
const uint8_t *tally_text(const Tally *tally);
int64_t tally_left_out(const Tally *tally); /* lines for which there was no entry left */

#pragma GCC visibility pop

#endif
