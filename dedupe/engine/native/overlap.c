/* Counting instead of sorting: the document's shingles go into an open hash table once, when a first other
 * document is compared, and the other's are looked up there as its words are read.
 *
 * What the other has beyond goes into a second table, for repeats count once; as soon as there is more of it
 * than the threshold allows, the rest need not be read: shared / (own + extra) <= own / (own + extra).  So
 * neither time nor memory grow with the other document beyond what the first one's size warrants.  Sets of
 * more than MOST_MEMBERS are counted in parts, by bits of the key, each in a pass over both texts.
 * Cost: n words each, about 2 ns a word beside reading it; 16 bytes for a shingle, four times over at most.
 */
#include "overlap.h"

#include <stdlib.h>
#include <string.h>

#include "clones.h"
#include "sketch.h"

enum {
    LEAST_MEMBERS = 1 << 8,
    MOST_MEMBERS = 1 << 21,
    LARGE = 1 << 16, /* members that are not kept for the next document */
    BYTES_A_MEMBER = 4,
    PART_BIT = 40 /* of a key; the lowest bits say where in the table it goes */
};

static void set_free(Set *set)
{
    free(set->members);
    *set = (Set){NULL, 0, 0, 0, 0};
}

/* An empty set that has about n members to come. */
static int set_begin(Set *set, size_t n)
{
    size_t room = LEAST_MEMBERS;
    while (room < n && room < MOST_MEMBERS)
        room *= 2;
    if (room > set->room) {
        Member *members = calloc(room, sizeof *members);
        if (!members)
            return -1;
        free(set->members);
        set->members = members;
        set->room = room;
    }
    set->stamp++;
    set->mask = room - 1;
    set->n = 0;
    return 0;
}

/* Where the key stands, or where it would. */
INLINED Member *set_find(const Set *set, uint64_t key)
{
    size_t at = key & set->mask;
    while (set->members[at].stamp == set->stamp && set->members[at].key != key)
        at = (at + 1) & set->mask;
    return &set->members[at];
}

static int set_double(Set *set)
{
    Set larger = {NULL, 2 * (set->mask + 1), 2 * set->mask + 1, set->n, set->stamp};
    larger.members = calloc(larger.room, sizeof *larger.members);
    if (!larger.members)
        return -1;
    for (size_t i = 0; i <= set->mask; i++)
        if (set->members[i].stamp == set->stamp)
            *set_find(&larger, set->members[i].key) = set->members[i];
    free(set->members);
    *set = larger;
    return 0;
}

/* 0, or -1: no memory. */
INLINED int set_put(Set *set, uint64_t key)
{
    Member *member = set_find(set, key);
    if (member->stamp == set->stamp)
        return 0;
    *member = (Member){key, set->stamp, 0};
    return 2 * ++set->n > set->mask ? set_double(set) : 0;
}

INLINED int is_other_part(const Overlap *overlap, uint64_t key)
{
    return overlap->parts > 1 && (key >> PART_BIT & (overlap->parts - 1)) != overlap->part;
}

static int take_own(void *taker, const uint64_t *shingles, size_t n)
{
    Overlap *overlap = taker;
    if (!overlap->own.mask && set_begin(&overlap->own, 2 * overlap->words.n_words + 2) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (!is_other_part(overlap, shingles[i]) && set_put(&overlap->own, shingles[i]) < 0)
            return -1;
    return 0;
}

/* Stops (1) where the threshold is out of reach. */
static int take_other(void *taker, const uint64_t *shingles, size_t n)
{
    Overlap *overlap = taker;
    Set *own = &overlap->own, *extra = &overlap->extra;
    for (size_t i = 0; i < n; i++) {
        if (is_other_part(overlap, shingles[i]))
            continue;
        Member *member = set_find(own, shingles[i]);
        if (member->stamp == own->stamp) {
            overlap->n_shared += member->seen != extra->stamp;
            member->seen = extra->stamp;
        } else if (set_put(extra, shingles[i]) < 0) {
            return -1;
        }
    }
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
    if (overlap->own.stamp > UINT32_MAX / 2 || overlap->extra.stamp > UINT32_MAX / 2) {
        set_free(&overlap->own);
        set_free(&overlap->extra);
    }
    overlap->parts = 1;
    while (n_bytes / BYTES_A_MEMBER / overlap->parts > MOST_MEMBERS && overlap->parts < 1 << 16)
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
    if ((!own->mask && set_begin(own, 0) < 0) || set_begin(extra, own->n) < 0)
        return -1;
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
