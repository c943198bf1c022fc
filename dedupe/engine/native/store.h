/* A large array that grows: in memory, or in a file without a name that the system may page out. */
#ifndef DEDUPE_STORE_H
#define DEDUPE_STORE_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct {
    void *at;
    size_t n_bytes;
    int file; /* -1: in memory */
    void *reserved; /* in memory: addresses that are its own, and their number */
    size_t n_reserved;
} Store;

/* `directory` NULL: in memory.  -1, with errno, where no file can be made there. */
int store_open(Store *store, const char *directory);
void store_close(Store *store);

/* Makes it n_bytes long or longer; it may move.  What is new holds anything.  -1: no memory, or with errno
 * no room for the file. */
int store_grow(Store *store, size_t n_bytes);

/* Lets the system have the memory of a file's array; what stands there comes back when it is touched. */
void store_give_back(Store *store);

/* What this process has in memory, in bytes; 0 where the system does not say. */
size_t resident_bytes(void);

#pragma GCC visibility pop

#endif
