/* From word hashes to shingles, and from those to a signature or to a sorted set.
 *
 * A shingle is its words' hashes, each turned by its place and added without carry; that is a loop over
 * word positions without dependence.  A signature is datasketch's affine32: 128 running minima of
 * fmix32(upper half) * a + b, 64 of them at a time in registers while the shingles go by.  This loop is
 * most of the whole: with 512-bit vectors it needs 16 cycles a shingle, and its two ports are full.
 */
#include "sketch.h"

#include <stdlib.h>
#include <string.h>

#include "clones.h"

enum {
    TURN = 13, /* bits a word's hash turns per place; prime to 64 */
    SOME = 512 /* shingles handed on at a time */
};

INLINED uint64_t turned(uint64_t hash, int place)
{
    int by = TURN * place % 64;
    return by ? hash << by | hash >> (64 - by) : hash;
}

/* Shingles of `width` words; `hashes` holds n + width - 1. */
INLINED void combine_body(int vector_bytes, const uint64_t *restrict hashes, size_t n, int width, uint64_t *restrict shingles)
{
    (void)vector_bytes;
    if (width == WIDTH) {
        for (size_t i = 0; i < n; i++)
            shingles[i] = turned(hashes[i], 0) ^ turned(hashes[i + 1], 1) ^ turned(hashes[i + 2], 2)
                ^ turned(hashes[i + 3], 3) ^ turned(hashes[i + 4], 4);
        return;
    }
    for (size_t i = 0; i < n; i++)
        shingles[i] = turned(hashes[i], 0) ^ turned(hashes[i + 1], 1) ^ turned(hashes[i + 2], 2)
            ^ turned(hashes[i + 3], 3) ^ turned(hashes[i + 4], 4) ^ turned(hashes[i + 5], 5)
            ^ turned(hashes[i + 6], 6) ^ turned(hashes[i + 7], 7);
}
CLONES(void, combine, (const uint64_t *hashes, size_t n, int width, uint64_t *shingles),
       (hashes, n, width, shingles))

INLINED uint32_t fmix32(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    x *= 0xC2B2AE35u;
    return x ^ x >> 16;
}

INLINED void lower_minima_body(int vector_bytes, const uint64_t *restrict shingles, size_t n, const uint32_t *restrict a,
                               const uint32_t *restrict b, size_t n_lanes, uint32_t *restrict minima)
{
    (void)vector_bytes;
    uint32_t mixed[SOME];
    for (size_t i = 0; i < n; i++)
        mixed[i] = fmix32((uint32_t)(shingles[i] >> 32));
    for (size_t first = 0; first < n_lanes; first += LANES) {
        uint32_t lowest[LANES];
        for (int lane = 0; lane < LANES; lane++)
            lowest[lane] = minima[first + lane];
        for (size_t i = 0; i < n; i++) {
            uint32_t x = mixed[i];
            for (int lane = 0; lane < LANES; lane++) {
                uint32_t value = x * a[first + lane] + b[first + lane];
                lowest[lane] = value < lowest[lane] ? value : lowest[lane];
            }
        }
        for (int lane = 0; lane < LANES; lane++)
            minima[first + lane] = lowest[lane];
    }
}
CLONES(void, lower_minima,
       (const uint64_t *shingles, size_t n, const uint32_t *a, const uint32_t *b, size_t n_lanes, uint32_t *minima),
       (shingles, n, a, b, n_lanes, minima))

int each_shingle(Words *words, const uint8_t *text, size_t n_bytes, Take *take, void *taker)
{
    uint64_t shingles[SOME];
    size_t n_kept = 0, n_words = 0;
    int more = words_read(words, text, n_bytes);
    if (more < 0)
        return -1;
    while ((more = words_next(words)) > 0) {
        size_t width = (size_t)words->width;
        const uint64_t *hashes = words->hashes - n_kept;
        size_t n = n_kept + words->n_words;
        n_words += words->n_words;
        for (size_t at = 0; at + width <= n; at += SOME) {
            size_t some = n - at - (width - 1);
            some = some < SOME ? some : SOME;
            combine(hashes + at, some, words->width, shingles);
            int stops = take(taker, shingles, some);
            if (stops)
                return stops;
        }
        n_kept = n < width - 1 ? n : width - 1;
        memmove(words->hashes - n_kept, hashes + n - n_kept, n_kept * sizeof *hashes);
    }
    if (more < 0)
        return -1;
    if (n_words && n_words < (size_t)words->width) {
        shingles[0] = 0;
        for (size_t i = 0; i < n_words; i++)
            shingles[0] ^= turned(words->hashes[(ptrdiff_t)i - (ptrdiff_t)n_words], (int)i);
        return take(taker, shingles, 1);
    }
    return 0;
}

int permutations_open(Permutations *permutations, const uint32_t *a, const uint32_t *b, size_t n_perm)
{
    size_t n_lanes = (n_perm + LANES - 1) / LANES * LANES;
    permutations->n_perm = n_perm;
    permutations->n_lanes = n_lanes;
    permutations->a = calloc(3 * n_lanes + 1, sizeof(uint32_t));
    if (!permutations->a)
        return -1;
    permutations->b = permutations->a + n_lanes;
    permutations->minima = permutations->b + n_lanes;
    memcpy(permutations->a, a, n_perm * sizeof *a);
    memcpy(permutations->b, b, n_perm * sizeof *b);
    return 0;
}

void permutations_close(Permutations *permutations)
{
    free(permutations->a);
}

static int take_minima(void *taker, const uint64_t *shingles, size_t n)
{
    Permutations *permutations = taker;
    lower_minima(shingles, n, permutations->a, permutations->b, permutations->n_lanes, permutations->minima);
    return 0;
}

int sketch_document(Words *words, Permutations *permutations, const uint8_t *text, size_t n_bytes, uint32_t *signature)
{
    memset(permutations->minima, 0xFF, permutations->n_lanes * sizeof *permutations->minima);
    if (each_shingle(words, text, n_bytes, take_minima, permutations) < 0)
        return -1;
    memcpy(signature, permutations->minima, permutations->n_perm * sizeof *signature);
    return 0;
}

typedef struct {
    uint64_t *keys;
    size_t n;
} Growing;

static int take_keys(void *taker, const uint64_t *shingles, size_t n)
{
    Growing *set = taker;
    memcpy(set->keys + set->n, shingles, n * sizeof *shingles);
    set->n += n;
    return 0;
}

static int by_value(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* Sorts by one pass into about n / 2 buckets of the top bits, the keys being evenly spread, and then
 * bucket by bucket; a bucket that equal shingles made large costs n log n. */
static void sort_keys(uint64_t *keys, size_t n, uint64_t *spare)
{
    enum { FEW = 24, MOST_BITS = 12 };
    uint32_t ends[1 << MOST_BITS];
    int bits = 1;
    while (bits < MOST_BITS && (size_t)2 << bits < n)
        bits++;
    if (n > UINT32_MAX) {
        qsort(keys, n, sizeof *keys, by_value);
        return;
    }
    memset(ends, 0, sizeof *ends << bits);
    for (size_t i = 0; i < n; i++)
        ends[keys[i] >> (64 - bits)]++;
    uint32_t sum = 0;
    for (int bucket = 0; bucket < 1 << bits; bucket++) {
        uint32_t size = ends[bucket];
        ends[bucket] = sum;
        sum += size;
    }
    for (size_t i = 0; i < n; i++)
        spare[ends[keys[i] >> (64 - bits)]++] = keys[i];
    size_t start = 0;
    for (int bucket = 0; bucket < 1 << bits; bucket++) {
        size_t size = ends[bucket] - start;
        if (size > FEW)
            qsort(spare + start, size, sizeof *spare, by_value);
        else
            for (size_t i = start + 1; i < ends[bucket]; i++) {
                uint64_t key = spare[i];
                size_t j = i;
                for (; j > start && spare[j - 1] > key; j--)
                    spare[j] = spare[j - 1];
                spare[j] = key;
            }
        start = ends[bucket];
    }
    memcpy(keys, spare, n * sizeof *keys);
}

ptrdiff_t shingle_document(Words *words, const uint8_t *text, size_t n_bytes, uint64_t *set, Spare *spare)
{
    Growing growing = {set, 0};
    if (each_shingle(words, text, n_bytes, take_keys, &growing) < 0)
        return -1;
    size_t n = growing.n;
    if (n > spare->room) {
        uint64_t *keys = realloc(spare->keys, 2 * n * sizeof *keys);
        if (!keys)
            return -1;
        spare->keys = keys;
        spare->room = 2 * n;
    }
    if (n > 1)
        sort_keys(set, n, spare->keys);
    size_t n_unique = n > 0;
    for (size_t i = 1; i < n; i++) {
        set[n_unique] = set[i];
        n_unique += set[n_unique] != set[n_unique - 1];
    }
    return (ptrdiff_t)n_unique;
}

double jaccard_of(const uint64_t *one, size_t n_one, const uint64_t *other, size_t n_other)
{
    size_t i = 0, j = 0, shared = 0;
    while (i < n_one && j < n_other) {
        uint64_t a = one[i], b = other[j];
        shared += a == b;
        i += a <= b;
        j += b <= a;
    }
    return n_one + n_other ? (double)shared / (double)(n_one + n_other - shared) : 0.0;
}
