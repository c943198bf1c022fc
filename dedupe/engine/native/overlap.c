/* Counting instead of sorting: the document's shingles go into an open hash table once, when a first other
 * document is compared, and the other's are looked up there as its words are read.
 *
 * What the other has beyond goes into a second table, for repeats count once; as soon as there is more of it
 * than the threshold allows, the rest need not be read: shared / (own + extra) <= own / (own + extra).  So
 * neither time nor memory grow with the other document beyond what the first one's size warrants.
 * Tables are of numbers, a quarter to an eighth full, so that they stay in the nearest cache and a first look is
 * nearly always the last.  Cost: 2 ns a word beside reading it, 25 to 50 bytes for each shingle of the document.
 * That is much for one of hundreds of megabytes: sets of more than MANY_KEYS are counted in up to MOST_PARTS parts,
 * by bits of the key, each in a pass over both texts, and take no more memory than a text.
 */
#include "overlap.h"

#include <stdlib.h>
#include <string.h>

#include "clones.h"
#include "sketch.h"

enum {
    LEAST_KEYS = 1 << 6,
    MANY_KEYS = 1 << 21,
    SPARSE = 4, /* numbers for each key that is expected */
    MOST_PARTS = 8,
    LARGE = 1 << 16, /* keys that are not kept room for from one document to the next */
    BYTES_A_WORD = 6, /* about */
    PART_BIT = 40 /* of a key; the lowest bits say where in the table it goes */
};

static void set_free(Set *set)
{
    free(set->keys);
    free(set->seen);
    free(set->numbers);
    *set = (Set){NULL, NULL, 0, 0, NULL, 0, 0};
}

/* Room for n keys in all; those that are there stay.  0, or -1: no memory. */
static int set_make_room(Set *set, size_t n)
{
    size_t size = SPARSE * LEAST_KEYS;
    while (size < SPARSE * n)
        size *= 2;
    if (n > UINT32_MAX / SPARSE)
        return -1;
    if (size > set->numbers_room) {
        uint32_t *numbers = malloc(size * sizeof *numbers);
        if (!numbers)
            return -1;
        free(set->numbers);
        set->numbers = numbers;
        set->numbers_room = size;
    }
    n = size / SPARSE;
    if (n > set->room) {
        uint64_t *keys = realloc(set->keys, n * sizeof *keys);
        if (keys)
            set->keys = keys;
        uint8_t *seen = realloc(set->seen, n);
        if (seen)
            set->seen = seen;
        if (!keys || !seen)
            return -1;
        set->room = n;
    }
    set->mask = size - 1;
    memset(set->numbers, 0, size * sizeof *set->numbers);
    return 0;
}

/* An empty set that has about n keys to come. */
static int set_begin(Set *set, size_t n)
{
    set->n = 0;
    return set_make_room(set, n);
}

/* The keys that the table at hand is for; there may be room for more, from a larger one before it. */
static inline size_t set_limit(const Set *set)
{
    return (set->mask + 1) / SPARSE;
}

/* Where the key's number stands, or where it would. */
INLINED uint32_t *find_number(uint32_t *numbers, const uint64_t *keys, size_t mask, uint64_t key)
{
    size_t at = key & mask;
    while (numbers[at] && keys[numbers[at] - 1] != key)
        at = (at + 1) & mask;
    return &numbers[at];
}

INLINED uint32_t *set_find(const Set *set, uint64_t key)
{
    return find_number(set->numbers, set->keys, set->mask, key);
}

static int set_double(Set *set)
{
    if (set_make_room(set, 2 * set_limit(set)) < 0)
        return -1;
    for (size_t i = 0; i < set->n; i++)
        *set_find(set, set->keys[i]) = (uint32_t)i + 1;
    return 0;
}

/* 0, or -1: no memory.  What the set knows of itself stands in registers while there is room for more. */
INLINED int set_put(Set *set, const uint64_t *some, size_t n_some)
{
    while (n_some) {
        size_t limit = set_limit(set), n_fit = limit - set->n < n_some ? limit - set->n : n_some;
        uint64_t *restrict keys = set->keys;
        uint32_t *restrict numbers = set->numbers;
        size_t mask = set->mask, n = set->n;
        for (size_t i = 0; i < n_fit; i++) {
            uint32_t *number = find_number(numbers, keys, mask, some[i]);
            if (!*number) {
                keys[n] = some[i];
                *number = (uint32_t)++n;
            }
        }
        set->n = n;
        some += n_fit;
        n_some -= n_fit;
        if (n == limit && set_double(set) < 0)
            return -1;
    }
    return 0;
}

/* The keys of the part at hand, in `keys` or where they are; asks for where they go in a set beyond the cache. */
static const uint64_t *choose_part(const Overlap *overlap, const Set *set, const uint64_t *shingles, size_t *n,
                                   uint64_t keys[SOME])
{
    if (overlap->parts == 1)
        return shingles;
    size_t n_keys = 0;
    for (size_t i = 0; i < *n; i++) {
        keys[n_keys] = shingles[i];
        n_keys += (shingles[i] >> PART_BIT & (overlap->parts - 1)) == overlap->part;
    }
    *n = n_keys;
    for (size_t i = 0; i < n_keys; i++)
        __builtin_prefetch(&set->numbers[keys[i] & set->mask], 1);
    return keys;
}

static int take_own(void *taker, const uint64_t *shingles, size_t n)
{
    Overlap *overlap = taker;
    uint64_t keys[SOME];
    if (!overlap->own.mask) {
        size_t expected = overlap->n_bytes / BYTES_A_WORD / overlap->parts;
        if (set_begin(&overlap->own, (overlap->parts > 1 ? expected : overlap->words.n_words) + 1) < 0)
            return -1;
    }
    shingles = choose_part(overlap, &overlap->own, shingles, &n, keys);
    return set_put(&overlap->own, shingles, n);
}

/* Stops (1) where the threshold is out of reach.  After a key that both have comes mostly the one that comes after it
 * in the document too. */
static int take_other(void *taker, const uint64_t *shingles, size_t n)
{
    Overlap *overlap = taker;
    Set *own = &overlap->own, *extra = &overlap->extra;
    uint64_t keys[SOME];
    shingles = choose_part(overlap, own, shingles, &n, keys);
    size_t next = overlap->next, n_shared = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = shingles[i];
        size_t number = next < own->n && own->keys[next] == key ? next + 1 : *set_find(own, key);
        if (number) {
            n_shared += !own->seen[number - 1];
            own->seen[number - 1] = 1;
            next = number;
        } else if (set_put(extra, &key, 1) < 0) {
            return -1;
        }
    }
    overlap->next = next;
    overlap->n_shared += n_shared;
    size_t most = overlap->parts > 1 ? MOST_SHINGLES(overlap->n_bytes) : own->n;
    return (double)most / (double)(most + overlap->n_extra + extra->n) < overlap->threshold;
}

int overlap_open(Overlap *overlap)
{
    memset(overlap, 0, sizeof *overlap);
    return words_open(&overlap->words);
}

void overlap_close(Overlap *overlap)
{
    words_close(&overlap->words);
    set_free(&overlap->own);
    set_free(&overlap->extra);
}

void overlap_begin(Overlap *overlap, const uint8_t *text, size_t n_bytes)
{
    overlap->text = text;
    overlap->n_bytes = n_bytes;
    overlap->is_put = 0;
    overlap->parts = 1;
    while (n_bytes / BYTES_A_WORD / overlap->parts > MANY_KEYS && overlap->parts < MOST_PARTS)
        overlap->parts *= 2;
}

static int count_part(Overlap *overlap, const uint8_t *text, size_t n_bytes)
{
    Set *own = &overlap->own, *extra = &overlap->extra;
    if (!overlap->is_put) {
        own->mask = own->n = 0; /* it begins when the number of words is known */
        if (each_shingle(&overlap->words, overlap->text, overlap->n_bytes, take_own, overlap) < 0)
            return -1;
        overlap->is_put = overlap->parts == 1;
    }
    if ((!own->mask && set_begin(own, 0) < 0) || set_begin(extra, own->n / 4) < 0)
        return -1;
    memset(own->seen, 0, own->n);
    overlap->next = 0;
    int stops = each_shingle(&overlap->words, text, n_bytes, take_other, overlap);
    overlap->n_own += own->n;
    overlap->n_extra += extra->n;
    return stops;
}

int overlap_reaches(Overlap *overlap, const uint8_t *text, size_t n_bytes, double threshold, int64_t shared[2])
{
    overlap->threshold = threshold;
    overlap->n_own = overlap->n_shared = overlap->n_extra = 0;
    for (overlap->part = 0; overlap->part < overlap->parts; overlap->part++) {
        int stops = count_part(overlap, text, n_bytes);
        if (stops)
            return stops < 0 ? -1 : 0;
    }
    size_t all = overlap->n_own + overlap->n_extra;
    if (!all || (double)overlap->n_shared / (double)all < threshold)
        return 0;
    shared[0] = (int64_t)overlap->n_shared;
    shared[1] = (int64_t)all;
    return 1;
}

void overlap_shrink(Overlap *overlap)
{
    if (overlap->own.room > LARGE || overlap->extra.room > LARGE) {
        set_free(&overlap->own);
        set_free(&overlap->extra);
        overlap->is_put = 0;
    }
}

static size_t set_memory(const Set *set)
{
    return set->room * (sizeof *set->keys + sizeof *set->seen) + set->numbers_room * sizeof *set->numbers;
}

size_t overlap_memory(const Overlap *overlap)
{
    return set_memory(&overlap->own) + set_memory(&overlap->extra);
}
