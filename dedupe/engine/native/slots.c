/* Open tables of 64-bit slots, hash above number, ordered by hash (Celis, Larson and Munro, Robin Hood hashing, 1985,
 * with the place of a hash taken from its upper bits): a bucket's documents are neighbours, and a table grows by a
 * quarter, in place, in two sweeps.
 *
 * Between a quarter and a half of the looks end at once, the others after a step or two, which no processor
 * foresees: a wrong guess costs more than the look.  So eight slots are looked at together where there are vectors
 * for it, and moved together where a document is put among them.  Cost: a cache miss a look, asked for ahead, and 8 /
 * 0.75 to 8 / 0.6 bytes a document and table.
 */
#include "slots.h"

#include <errno.h>
#include <string.h>

#include "clones.h"

#ifdef HAS_CLONES
#include <immintrin.h>
#endif

enum {
    FIRST_CAPACITY = 512,
    MOST_GROWTH = 3,        /* fold, for what is expected need not come */
    EIGHT = 8,              /* slots beyond the last table's, for looks at eight together */
    WATCHED_SLOTS = 1 << 18 /* that are moved between two looks at the memory */
};

static inline size_t home_of(const Slots *slots, size_t table, uint32_t hash)
{
    return table * slots->table_slots + (size_t)(hash * slots->capacity >> 32);
}

static inline uint64_t slot_of(uint32_t hash, size_t number)
{
    return (uint64_t)hash << 32 | (number + 1);
}

/* Where the entries before the hash end, from its home on. */
static inline size_t skip_before(const uint64_t *slots, size_t at, uint32_t hash)
{
    while (slots[at] && slots[at] >> 32 < hash)
        at++;
    return at;
}

/* Moves the entries from `at` on by one, up to the next empty slot, to make room for `slot`; gives where that was. */
static inline size_t push(uint64_t *slots, size_t at, uint64_t slot)
{
    while (slots[at]) {
        uint64_t next = slots[at];
        slots[at++] = slot;
        slot = next;
    }
    slots[at] = slot;
    return at;
}

#ifdef HAS_CLONES
WIDEST static inline size_t wide_skip_before(const uint64_t *slots, size_t at, uint32_t hash)
{
    const __m512i least = _mm512_set1_epi64((long long)((uint64_t)hash << 32));
    for (;; at += EIGHT) {
        __m512i some = _mm512_loadu_si512(slots + at);
        unsigned before = _mm512_mask_cmplt_epu64_mask(_mm512_test_epi64_mask(some, some), some, least);
        if (before != 0xFF)
            return at + (size_t)__builtin_ctz(~before);
    }
}

WIDEST static inline size_t wide_push(uint64_t *slots, size_t at, uint64_t slot)
{
    const __m512i by_one = _mm512_set_epi64(6, 5, 4, 3, 2, 1, 0, 7);
    for (;; at += EIGHT) {
        __m512i some = _mm512_loadu_si512(slots + at);
        __m512i moved = _mm512_mask_set1_epi64(_mm512_permutexvar_epi64(by_one, some), 1, (long long)slot);
        unsigned empty = _mm512_testn_epi64_mask(some, some);
        if (empty) { /* all up to the lowest one */
            _mm512_mask_storeu_epi64(slots + at, (__mmask8)(empty ^ (empty - 1)), moved);
            return at + (size_t)__builtin_ctz(empty);
        }
        slot = slots[at + EIGHT - 1];
        _mm512_storeu_si512(slots + at, moved);
    }
}
#define SKIP_BEFORE (vector_bytes == 64 ? wide_skip_before : skip_before)
#define PUSH (vector_bytes == 64 ? wide_push : push)
#else
#define SKIP_BEFORE skip_before
#define PUSH push
#endif

INLINED void find_body(int vector_bytes, const Slots *slots, const uint32_t *hashes, size_t from, size_t to, Bucket *buckets)
{
    const uint64_t *all = slots_all(slots);
    (void)vector_bytes;
    for (size_t table = from; table < to; table++) {
        size_t at = SKIP_BEFORE(all, home_of(slots, table, hashes[table]), hashes[table]);
        buckets[table] = (Bucket){at, at};
        while (all[buckets[table].end] && all[buckets[table].end] >> 32 == hashes[table])
            buckets[table].end++;
        __builtin_prefetch(all + buckets[table].end + EIGHT - 1, 1); /* put looks that far: a quarter of its time */
        __builtin_prefetch(all + buckets[table].end + 2 * EIGHT - 1, 1);
    }
}
CLONES_TO_WIDEST(void, find, (const Slots *slots, const uint32_t *hashes, size_t from, size_t to, Bucket *buckets),
                 (slots, hashes, from, to, buckets))

void slots_find(const Slots *slots, const uint32_t *hashes, size_t from, size_t to, Bucket *buckets)
{
    find(slots, hashes, from, to, buckets);
}

void slots_ask(const Slots *slots, const uint32_t *hashes)
{
    for (size_t table = 0; table < slots->n_tables; table++) {
        const uint64_t *home = slots_all(slots) + home_of(slots, table, hashes[table]);
        __builtin_prefetch(home, 1);
        __builtin_prefetch(home + EIGHT - 1, 1); /* mostly the next cache line */
    }
}

/* Tables [from, to), up to one that has its last slot taken, which has to grow before anything is sought; gives how far
 * it came. */
INLINED size_t put_body(int vector_bytes, uint64_t *all, size_t table_slots, const uint32_t *hashes, size_t from, size_t to,
                        size_t number, size_t most, const Bucket *buckets)
{
    (void)vector_bytes;
    for (size_t table = from; table < to; table++) {
        size_t first = buckets[table].first, end = buckets[table].end;
        uint64_t slot = slot_of(hashes[table], number);
        if (end - first > most) {
            memmove(all + first, all + first + 1, (end - first - 1) * sizeof *all);
            all[end - 1] = slot;
        } else if (PUSH(all, end, slot) == (table + 1) * table_slots - 1) {
            return table + 1;
        }
    }
    return to + 1;
}
CLONES_TO_WIDEST(size_t, put,
                 (uint64_t *all, size_t table_slots, const uint32_t *hashes, size_t from, size_t to, size_t number,
                  size_t most, const Bucket *buckets),
                 (all, table_slots, hashes, from, to, number, most, buckets))

/* Moves a table's entries from slots [from, from + n_from) to the place where it now lies, from `to` on, in place:
 * they are packed to its end, then put where they belong; that never comes to where there is still something
 * to read, for all of it finds room behind.  Without branches, for which slots are empty is chance. */
static void move_table(const Slots *slots, size_t from, size_t n_from, size_t to, size_t n_to, uint64_t capacity)
{
    uint64_t *all = slots->store.at;
    size_t packed = to + n_to;
    for (size_t at = from + n_from; at-- > from;) {
        uint64_t slot = all[at];
        all[packed - 1] = slot;
        packed -= slot != 0;
        if (at % WATCHED_SLOTS == 0)
            slots->watch(slots->watcher);
    }
    memset(all + to, 0, (packed - to) * sizeof *all);
    size_t next = to;
    for (size_t at = packed; at < to + n_to; at++) {
        uint64_t slot = all[at];
        size_t home = to + (size_t)((slot >> 32) * capacity >> 32);
        next = home > next ? home : next;
        all[at] = 0;
        all[next++] = slot;
        if (at % WATCHED_SLOTS == 0)
            slots->watch(slots->watcher);
    }
}

/* By a quarter, or towards what is expected, the last table first.  What fitted fits again: where entries stand in a row from the home of the
 * first, that home moves by less than the capacity grows, and the slots beyond the capacity grow too. */
static int grow(Slots *slots)
{
    uint64_t quarter = slots->capacity ? slots->capacity + slots->capacity / 4 : FIRST_CAPACITY;
    uint64_t enough = slots->expected + slots->expected / 3 + 2, most = MOST_GROWTH * slots->capacity;
    uint64_t towards = enough < most ? enough : most;
    uint64_t capacity = towards > quarter ? towards : quarter;
    size_t table_slots = (size_t)(capacity + capacity / 64 + 256), old_slots = slots->table_slots;
    errno = ENOMEM;
    if (table_slots > (SIZE_MAX / sizeof(uint64_t) - EIGHT) / slots->n_tables
        || store_grow(&slots->store, (slots->n_tables * table_slots + EIGHT) * sizeof(uint64_t)) < 0)
        return -1;
    for (size_t table = slots->n_tables; table--;)
        move_table(slots, table * old_slots, old_slots, table * table_slots, table_slots, capacity);
    slots->capacity = capacity;
    slots->table_slots = table_slots;
    return 0;
}

int slots_put(Slots *slots, const uint32_t *hashes, size_t n_tables, size_t number, size_t most, Bucket *buckets)
{
    int grows = 4 * (number + 1) > 3 * slots->capacity;
    for (size_t done = 0; done < n_tables || grows;) {
        if (grows) {
            if (grow(slots) < 0)
                return -1;
            slots_find(slots, hashes, done, n_tables, buckets);
        }
        size_t stop = put(slots->store.at, slots->table_slots, hashes, done, n_tables, number, most, buckets);
        grows = stop <= n_tables;
        done = grows ? stop : n_tables;
    }
    return 0;
}

int slots_open(Slots *slots, size_t n_tables, const char *directory, void (*watch)(void *), void *watcher)
{
    *slots = (Slots){.store = {.file = -1}, .n_tables = n_tables, .watch = watch, .watcher = watcher};
    return store_open(&slots->store, directory) < 0 || grow(slots) < 0 ? -1 : 0;
}

void slots_close(Slots *slots)
{
    store_close(&slots->store);
}

size_t slots_memory(const Slots *slots)
{
    return slots->n_tables * slots->table_slots * sizeof(uint64_t);
}

void slots_give_back(Slots *slots)
{
    store_give_back(&slots->store);
}
