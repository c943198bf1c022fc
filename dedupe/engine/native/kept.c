/* One pass: each document is looked up among those kept before it, and joins them if none is like it.
 *
 * Banding and MinHash: Broder, On the resemblance and containment of documents, 1997; Leskovec, Rajaraman and
 * Ullman, Mining of Massive Datasets, 3.4.  A band's values are hashed to 32 bits, the bucket: another bucket's
 * document gets in once in 2^32 pairs, and no further than the estimate.  Each band has a table of buckets
 * (slots.h), of which the newest documents are kept; nothing but its slots is touched until there is a candidate.
 * Beside the bands, a first table for the digests.
 *
 * Cost: 8 / 0.75 to 8 / 0.6 bytes a table and 24 + 2 n_perm bytes for a kept document, 490 to 540 in all at
 * 18 bands of 128 slots; 19 cache misses a document that wait for nothing, being asked for two documents ahead.
 * The signature kept is the lower half of each value, for the upper ones are nearly all zeros: a pair of
 * unequal slots is taken for equal once in 2^16.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clones.h"
#include "jsonl.h"
#include "overlap.h"
#include "slots.h"
#include "store.h"

enum {
    FIRST_ROOM = 256,  /* documents */
    AHEAD = 2,         /* documents whose slots are asked for before their turn */
    RING = AHEAD + 1,
    LARGE = 1 << 22,   /* bytes of a buffer that are not kept for the next batch */
    WATCHED = 16       /* documents between two looks at the memory */
};

/* What is kept of a document; its signature follows. */
typedef struct {
    uint64_t position; /* doubled, the kind its lowest bit */
    uint64_t length;   /* the file in the upper 24 bits */
    uint64_t digest;   /* the upper half; most of the lower one stands in the table */
} Record;

typedef struct {
    uint8_t *at;
    size_t room;
} Buffer;

struct Kept {
    KeptOptions options;
    uint32_t least_equal; /* slots that a candidate's signature shares with the document's */
    size_t n_tables;      /* one of digests, then one a band */

    size_t n, stride; /* documents, and bytes of each */
    Store records;

    Slots slots;
    int is_spoiled; /* a document has joined some tables and not others, for want of memory */

    /* Of the batch at hand: */
    const Arrivals *arrivals;
    size_t n_before;        /* documents kept before it */
    uint32_t *arrived;      /* which document of the batch has number n_before + i */
    size_t arrived_room;
    Place *trouble;

    /* Of the document at hand: */
    uint64_t *keys;   /* of the bands' hash: band_rows + 1 */
    uint32_t *hashes; /* RING rows of n_tables */
    Bucket *buckets;  /* n_tables */
    uint64_t *seen;   /* candidates: an open hash of stamp and number */
    size_t seen_mask;
    uint32_t stamp;
    uint32_t *candidates; /* at most n_bands * per_bucket */
    uint16_t *estimates;  /* their slots equal to the document's */
    size_t *histogram;    /* n_perm + 1 */
    uint16_t *signature;
    Overlap overlap;
    Buffer raw, text;
};

/* A sixteenth is left for what batches take between two looks. */
static void watch_memory(void *watcher)
{
    Kept *kept = watcher;
    size_t memory = kept->options.memory;
    if (memory && resident_bytes() > memory - memory / 16) {
        store_give_back(&kept->records);
        slots_give_back(&kept->slots);
    }
}

/* ---- Hashes */

static inline uint32_t load32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t load64(const uint8_t *at)
{
    return load32(at) | (uint64_t)load32(at + 4) << 32;
}

/* Multilinear: Lemire and Kaser, Strongly universal string hashing is fast, 2014. */
static inline uint32_t hash_band(const uint64_t *keys, const uint32_t *values, size_t n)
{
    uint64_t sum = keys[n];
    for (size_t i = 0; i < n; i++)
        sum += keys[i] * values[i];
    return (uint32_t)(sum >> 32);
}

/* Fills the document's row of hashes and asks for their slots. */
static void look_ahead(Kept *kept, size_t i)
{
    uint32_t *hashes = kept->hashes + i % RING * kept->n_tables;
    const uint32_t *values = kept->arrivals->signatures + i * kept->options.n_perm;
    hashes[0] = load32(kept->arrivals->digests + 16 * i);
    for (size_t band = 0; band < kept->options.n_bands; band++)
        hashes[1 + band] = hash_band(kept->keys, values + band * kept->options.band_rows, kept->options.band_rows);
    slots_ask(&kept->slots, hashes);
}

/* ---- Documents */

static inline Record *record_of(const Kept *kept, size_t number)
{
    return (Record *)(void *)((uint8_t *)kept->records.at + number * kept->stride);
}

static inline uint16_t *signature_of(const Kept *kept, size_t number)
{
    return (uint16_t *)(void *)(record_of(kept, number) + 1);
}

static inline const uint8_t *arrival(const Kept *kept, size_t i, size_t *n_bytes)
{
    const int64_t *offsets = kept->arrivals->offsets + i;
    *n_bytes = (size_t)(offsets[1] - offsets[0]);
    return kept->arrivals->text + offsets[0];
}

static int make_room(Buffer *buffer, size_t n_bytes)
{
    if (n_bytes <= buffer->room)
        return 0;
    size_t room = n_bytes + n_bytes / 4;
    uint8_t *at = malloc(room);
    if (!at)
        return -1;
    free(buffer->at);
    *buffer = (Buffer){at, room};
    return 0;
}

static void shrink(Buffer *buffer)
{
    if (buffer->room > LARGE) {
        free(buffer->at);
        *buffer = (Buffer){NULL, 0};
    }
}

/* Reads a kept document again; its text stays until the next call. */
static KeptStatus read_again(Kept *kept, size_t number, const uint8_t **text, size_t *n_bytes)
{
    if (number >= kept->n_before) {
        *text = arrival(kept, kept->arrived[number - kept->n_before], n_bytes);
        return KEPT_OK;
    }
    const Record *record = record_of(kept, number);
    Place place = {(int64_t)(record->length >> 40), (int64_t)(record->position >> 1),
                   (int64_t)(record->length & (((uint64_t)1 << 40) - 1)), (int64_t)(record->position & 1)};
    *kept->trouble = place;
    size_t wanted = (size_t)place.n_bytes;
    errno = ENOMEM;
    if (make_room(&kept->raw, wanted + 1) < 0 || (place.kind == JSON_STRING && make_room(&kept->text, wanted + 1) < 0))
        return KEPT_NO_MEMORY;
    for (size_t done = 0; done < wanted;) {
        ssize_t n = pread((int)place.file, kept->raw.at + done, wanted - done, (off_t)(place.position + (int64_t)done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? KEPT_UNREADABLE : KEPT_CUT;
        done += (size_t)n;
    }
    *text = kept->raw.at;
    *n_bytes = wanted;
    if (place.kind == PLAIN)
        return KEPT_OK;
    kept->raw.at[wanted] = '"';
    ptrdiff_t size = jsonl_text(kept->raw.at, wanted, kept->text.at);
    if (size < 0)
        return KEPT_CHANGED;
    *text = kept->text.at;
    *n_bytes = (size_t)size;
    return KEPT_OK;
}

/* ---- Candidates */

INLINED uint16_t count_equal_body(int vector_bytes, const uint16_t *restrict one, const uint16_t *restrict other, size_t n)
{
    (void)vector_bytes;
    uint16_t equal = 0;
    for (size_t i = 0; i < n; i++)
        equal = (uint16_t)(equal + (one[i] == other[i]));
    return equal;
}
CLONES(uint16_t, count_equal, (const uint16_t *one, const uint16_t *other, size_t n), (one, other, n))

/* Is the number new to the document at hand? */
static inline int is_new(Kept *kept, size_t number)
{
    uint64_t entry = (uint64_t)kept->stamp << 32 | number;
    size_t at = (uint32_t)number * 0x9E3779B1u & kept->seen_mask;
    for (; kept->seen[at] >> 32 == kept->stamp; at = (at + 1) & kept->seen_mask)
        if (kept->seen[at] == entry)
            return 0;
    kept->seen[at] = entry;
    return 1;
}

/* Takes the bucket's newest into the candidates; 1 if it has had more. */
static int take_bucket(Kept *kept, Bucket bucket, size_t *n)
{
    const uint64_t *slots = slots_all(&kept->slots);
    int is_over = bucket.end - bucket.first > kept->options.per_bucket;
    for (size_t at = bucket.first + (size_t)is_over; at < bucket.end; at++) {
        size_t number = number_in(slots[at]);
        if (is_new(kept, number)) {
            const char *record = (const char *)record_of(kept, number);
            for (size_t line = 0; line < kept->stride; line += 64)
                __builtin_prefetch(record + line);
            kept->candidates[(*n)++] = (uint32_t)number;
        }
    }
    return is_over;
}

static int by_number(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static void sort_numbers(uint32_t *numbers, size_t n)
{
    if (n > 32) {
        qsort(numbers, n, sizeof *numbers, by_number);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        uint32_t number = numbers[i];
        size_t j = i;
        for (; j && numbers[j - 1] > number; j--)
            numbers[j] = numbers[j - 1];
        numbers[j] = number;
    }
}

/* The candidates left when the estimate has spoken, ascending; 1 if there were more than may be verified. */
static int choose_candidates(Kept *kept, size_t *n)
{
    size_t n_perm = kept->options.n_perm, most = kept->options.most_verified, n_left = 0;
    for (size_t i = 0; i < *n; i++) {
        uint16_t equal = count_equal(signature_of(kept, kept->candidates[i]), kept->signature, n_perm);
        if (equal >= kept->least_equal) {
            kept->candidates[n_left] = kept->candidates[i];
            kept->estimates[n_left++] = equal;
        }
    }
    int is_over = n_left > most;
    if (is_over) { /* those above the estimate of the last one to go through, and of its equals the first */
        memset(kept->histogram, 0, (n_perm + 1) * sizeof *kept->histogram);
        for (size_t i = 0; i < n_left; i++)
            kept->histogram[kept->estimates[i]]++;
        size_t last = n_perm, n_above = 0;
        while (n_above + kept->histogram[last] < most)
            n_above += kept->histogram[last--];
        size_t n_equal = 0, n_chosen = 0;
        uint32_t *equals = kept->candidates + kept->options.n_bands * kept->options.per_bucket;
        for (size_t i = 0; i < n_left; i++) {
            if (kept->estimates[i] > last)
                kept->candidates[n_chosen++] = kept->candidates[i];
            else if (kept->estimates[i] == last)
                equals[n_equal++] = kept->candidates[i];
        }
        sort_numbers(equals, n_equal);
        memcpy(kept->candidates + n_chosen, equals, (most - n_chosen) * sizeof *equals);
        n_left = most;
    }
    sort_numbers(kept->candidates, n_left);
    *n = n_left;
    return is_over;
}

/* ---- Decisions */

/* *keeper is the number of a kept document with the same bytes, or stays. */
static KeptStatus find_exact(Kept *kept, size_t i, Bucket bucket, int64_t *keeper, int *is_over)
{
    *is_over = bucket.end - bucket.first > kept->options.per_bucket;
    uint64_t digest = load64(kept->arrivals->digests + 16 * i + 8);
    size_t n_bytes, n_other;
    const uint8_t *text = arrival(kept, i, &n_bytes), *other;
    for (size_t at = bucket.first + (size_t)*is_over; at < bucket.end; at++) {
        size_t number = number_in(slots_all(&kept->slots)[at]);
        if (record_of(kept, number)->digest != digest)
            continue;
        KeptStatus status = read_again(kept, number, &other, &n_other);
        if (status != KEPT_OK)
            return status;
        if (n_other == n_bytes && (!n_bytes || !memcmp(other, text, n_bytes))) {
            *keeper = (int64_t)number;
            return KEPT_OK;
        }
    }
    return KEPT_OK;
}

static KeptStatus find_near(Kept *kept, size_t i, int64_t *keeper, int64_t shared[2], int *is_over)
{
    size_t n = 0, n_bytes;
    if (!++kept->stamp) {
        memset(kept->seen, 0, (kept->seen_mask + 1) * sizeof *kept->seen);
        kept->stamp = 1;
    }
    for (size_t table = 1; table < kept->n_tables; table++)
        *is_over |= take_bucket(kept, kept->buckets[table], &n);
    *is_over |= choose_candidates(kept, &n);
    if (!n)
        return KEPT_OK;
    const uint8_t *text = arrival(kept, i, &n_bytes), *other;
    overlap_begin(&kept->overlap, text, n_bytes);
    for (size_t candidate = 0; candidate < n; candidate++) {
        KeptStatus status = read_again(kept, kept->candidates[candidate], &other, &n_bytes);
        if (status != KEPT_OK)
            return status;
        errno = ENOMEM;
        int reaches = overlap_reaches(&kept->overlap, other, n_bytes, kept->options.threshold, shared);
        if (reaches < 0)
            return KEPT_NO_MEMORY;
        if (reaches) {
            *keeper = kept->candidates[candidate];
            break;
        }
    }
    return KEPT_OK;
}

/* The document gets the next number and joins the tables, all but those of the bands if it has no words. */
static KeptStatus keep(Kept *kept, size_t i, const uint32_t *hashes, int has_words)
{
    if (kept->n == UINT32_MAX - 1)
        return KEPT_FULL;
    size_t room = kept->records.n_bytes / kept->stride;
    if (kept->n == room && store_grow(&kept->records, (room + room / 2 + FIRST_ROOM) * kept->stride) < 0)
        return KEPT_NO_MEMORY;
    const Place *place = &kept->arrivals->places[i];
    *record_of(kept, kept->n) = (Record){(uint64_t)place->position << 1 | (uint64_t)place->kind,
                                         (uint64_t)place->n_bytes | (uint64_t)place->file << 40,
                                         load64(kept->arrivals->digests + 16 * i + 8)};
    memcpy(signature_of(kept, kept->n), kept->signature, kept->options.n_perm * sizeof *kept->signature);

    size_t n_tables = has_words ? kept->n_tables : 1;
    if (slots_put(&kept->slots, hashes, n_tables, kept->n, kept->options.per_bucket, kept->buckets) < 0) {
        kept->is_spoiled = 1;
        return KEPT_NO_MEMORY;
    }
    kept->arrived[kept->n - kept->n_before] = (uint32_t)i;
    kept->n++;
    return KEPT_OK;
}

static KeptStatus decide(Kept *kept, size_t i, int64_t *keeper, int64_t shared[2], int *is_over)
{
    const uint32_t *hashes = kept->hashes + i % RING * kept->n_tables;
    const uint32_t *values = kept->arrivals->signatures + i * kept->options.n_perm;
    *keeper = -1;
    shared[0] = shared[1] = 0;
    slots_find(&kept->slots, hashes, 0, 1, kept->buckets);
    KeptStatus status = find_exact(kept, i, kept->buckets[0], keeper, is_over);
    if (status != KEPT_OK)
        return status;
    if (*keeper >= 0) {
        shared[0] = shared[1] = -1;
        return KEPT_OK;
    }
    uint32_t all = UINT32_MAX; /* a document without words has only ones */
    for (size_t slot = 0; slot < kept->options.n_perm; slot++) {
        kept->signature[slot] = (uint16_t)values[slot];
        all &= values[slot];
    }
    int has_words = all != UINT32_MAX;
    if (has_words) {
        slots_find(&kept->slots, hashes, 1, kept->n_tables, kept->buckets);
        status = find_near(kept, i, keeper, shared, is_over);
        if (status != KEPT_OK || *keeper >= 0)
            return status;
    }
    return keep(kept, i, hashes, has_words);
}

KeptStatus kept_decide(Kept *kept, const Arrivals *arrivals, int64_t *keepers, int64_t *shared, int64_t *n_bounded,
                       Place *place)
{
    *n_bounded = 0;
    kept->arrivals = arrivals;
    kept->n_before = kept->n;
    kept->trouble = place;
    errno = ENOMEM;
    if (kept->is_spoiled)
        return KEPT_NO_MEMORY;
    if (arrivals->n > kept->arrived_room) {
        uint32_t *arrived = realloc(kept->arrived, 2 * arrivals->n * sizeof *arrived);
        if (!arrived)
            return KEPT_NO_MEMORY;
        kept->arrived = arrived;
        kept->arrived_room = 2 * arrivals->n;
    }
    for (size_t i = 0; i < AHEAD && i < arrivals->n; i++)
        look_ahead(kept, i);
    KeptStatus status = KEPT_OK;
    for (size_t i = 0; i < arrivals->n && status == KEPT_OK; i++) {
        if (i + AHEAD < arrivals->n)
            look_ahead(kept, i + AHEAD);
        int is_over = 0;
        status = decide(kept, i, &keepers[i], &shared[2 * i], &is_over);
        *n_bounded += is_over && keepers[i] < 0;
        if (i % WATCHED == 0)
            watch_memory(kept);
    }
    kept->arrivals = NULL;
    shrink(&kept->raw);
    shrink(&kept->text);
    overlap_shrink(&kept->overlap);
    return status;
}

/* ---- Life */

Kept *kept_new(const KeptOptions *options)
{
    errno = ENOMEM;
    Kept *kept = calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    kept->options = *options;
    kept->options.directory = NULL;
    kept->n_tables = options->n_bands + 1;
    kept->stride = (sizeof(Record) + options->n_perm * sizeof(uint16_t) + 7) / 8 * 8;
    kept->records.file = kept->slots.store.file = -1;

    /* More than 3 standard deviations of the estimate below the threshold: in integers but for two products,
     * so that the reference comes to the same. */
    double n = (double)options->n_perm, expected = n * options->threshold;
    double variance = expected * (1 - options->threshold);
    while (expected > (double)kept->least_equal) {
        double below = expected - (double)kept->least_equal;
        double square = below * below;
        if (square <= 9 * variance)
            break;
        kept->least_equal++;
    }

    size_t most = options->n_bands * options->per_bucket;
    kept->seen_mask = 63;
    while (kept->seen_mask < 2 * most)
        kept->seen_mask = 2 * kept->seen_mask + 1;
    kept->keys = calloc(options->band_rows + 1, sizeof *kept->keys);
    kept->hashes = calloc(RING * kept->n_tables, sizeof *kept->hashes);
    kept->buckets = calloc(kept->n_tables, sizeof *kept->buckets);
    kept->seen = calloc(kept->seen_mask + 1, sizeof *kept->seen);
    kept->candidates = calloc(2 * most, sizeof *kept->candidates); /* the second half for choosing */
    kept->estimates = calloc(most, sizeof *kept->estimates);
    kept->histogram = calloc(options->n_perm + 1, sizeof *kept->histogram);
    kept->signature = calloc(options->n_perm, sizeof *kept->signature);
    const char *directory = options->memory ? options->directory : NULL;
    for (size_t i = 0; kept->keys && i <= options->band_rows; i++) {
        uint64_t x = (i + 1) * 0x9E3779B97F4A7C15; /* splitmix64 */
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
        x = (x ^ x >> 27) * 0x94D049BB133111EB;
        kept->keys[i] = x ^ x >> 31;
    }
    if (kept->keys && kept->hashes && kept->buckets && kept->seen && kept->candidates && kept->estimates
        && kept->histogram && kept->signature && overlap_open(&kept->overlap) == 0
        && store_open(&kept->records, directory) == 0 && slots_open(&kept->slots, kept->n_tables, directory, watch_memory, kept) == 0)
        return kept;
    int error = errno;
    kept_free(kept);
    errno = error;
    return NULL;
}

void kept_free(Kept *kept)
{
    store_close(&kept->records);
    slots_close(&kept->slots);
    overlap_close(&kept->overlap);
    free(kept->keys);
    free(kept->arrived);
    free(kept->hashes);
    free(kept->buckets);
    free(kept->seen);
    free(kept->candidates);
    free(kept->estimates);
    free(kept->histogram);
    free(kept->signature);
    free(kept->raw.at);
    free(kept->text.at);
    free(kept);
}

size_t kept_number(const Kept *kept)
{
    return kept->n;
}

size_t kept_memory(const Kept *kept)
{
    return kept->n * kept->stride + slots_memory(&kept->slots)
        + overlap_memory(&kept->overlap) + kept->raw.room + kept->text.room
        + kept->arrived_room * sizeof *kept->arrived;
}

void kept_expect(Kept *kept, size_t n)
{
    kept->slots.expected = n;
}
