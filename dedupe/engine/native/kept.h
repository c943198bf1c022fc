/* The table of kept documents, in which documents are looked up as they come; ../reference/kept.py. */
#ifndef DEDUPE_KEPT_H
#define DEDUPE_KEPT_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct {
    size_t n_perm, n_bands, band_rows;
    double threshold;
    size_t per_bucket, most_verified;
    size_t memory;         /* of the process, in bytes; 0: no limit */
    const char *directory; /* for the files of a table with a limit; NULL: none */
} KeptOptions;

/* Where a document's text can be read again. */
enum { PLAIN, JSON_STRING };
typedef struct {
    int64_t file, position, n_bytes, kind;
} Place;
enum { PLACE_MOST_FILES = 1 << 24 };
static const int64_t PLACE_MOST_BYTES = (int64_t)1 << 40, PLACE_MOST_POSITION = (int64_t)1 << 62;

/* A batch: n documents in columns. */
typedef struct {
    const uint8_t *text;
    const int64_t *offsets;
    const uint8_t *digests;     /* 16 each */
    const uint32_t *signatures; /* n_perm each */
    const Place *places;
    size_t n;
} Arrivals;

typedef enum {
    KEPT_OK,
    KEPT_NO_MEMORY,  /* or no room for its files: errno says */
    KEPT_FULL,       /* of 2^32 documents */
    KEPT_UNREADABLE, /* errno says why; `place` of what */
    KEPT_CUT,        /* the file ends within `place` */
    KEPT_CHANGED,    /* no JSON string at `place` */
} KeptStatus;

typedef struct Kept Kept;

Kept *kept_new(const KeptOptions *options); /* NULL, with errno */
void kept_free(Kept *kept);
size_t kept_number(const Kept *kept);
size_t kept_memory(const Kept *kept); /* bytes held */

/* About how many documents there will be in all: growing in few steps takes less time. */
void kept_expect(Kept *kept, size_t n);

/* Decides each document in turn: keepers[i] is -1 where it is kept and its number is the next, else the number
 * of its keeper; shared[2i], shared[2i + 1]: the shingles that both have, and that either has; both -1
 * where all bytes are equal; both 0 where it is kept.  *n_bounded: documents kept though not all of their
 * candidates were looked at.  Where it fails, what came before is decided, and the table holds it. */
KeptStatus kept_decide(Kept *kept, const Arrivals *arrivals, int64_t *keepers, int64_t *shared, int64_t *n_bounded,
                       Place *place);

#pragma GCC visibility pop

#endif
