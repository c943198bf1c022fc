/* Tables that tell which documents have a hash: of one digest, of one band's values. */
#ifndef DEDUPE_SLOTS_H
#define DEDUPE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

#pragma GCC visibility push(hidden)

typedef struct {
    Store store;
    size_t n_tables;
    uint64_t capacity;  /* of a table: what its places are spread over */
    size_t table_slots; /* of a table: some more, for what the end pushes on; the last one is always empty */
    size_t expected;    /* documents, if anybody knows: then it grows by more than a quarter */
    void (*watch)(void *watcher); /* called now and then while tables grow */
    void *watcher;
} Slots;

/* Slots [first, end) of those of all tables: the documents of one hash, in the order they came. */
typedef struct {
    size_t first, end;
} Bucket;

/* A slot: the hash above the document's number + 1; 0 where it is empty. */
static inline const uint64_t *slots_all(const Slots *slots)
{
    return slots->store.at;
}

static inline size_t number_in(uint64_t slot)
{
    return (uint32_t)slot - 1;
}

/* Each gives -1, with errno, for want of memory.  `directory`: for the file that the tables lie in; NULL: none. */
int slots_open(Slots *slots, size_t n_tables, const char *directory, void (*watch)(void *), void *watcher);
void slots_close(Slots *slots);

/* Asks for what slots_find will look at: a hash for each table. */
void slots_ask(const Slots *slots, const uint32_t *hashes);

/* Fills buckets [from, to), by table; they hold until the next slots_put. */
void slots_find(const Slots *slots, const uint32_t *hashes, size_t from, size_t to, Bucket *buckets);

/* Puts the document at the ends of its buckets in the first n_tables; of a bucket that holds more than `most` the
 * oldest goes. */
int slots_put(Slots *slots, const uint32_t *hashes, size_t n_tables, size_t number, size_t most, Bucket *buckets);

size_t slots_memory(const Slots *slots);
void slots_give_back(Slots *slots);

#pragma GCC visibility pop

#endif
