/* What a process that runs one command may ask of the allocator, and a library may not. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "native.h"

#if defined(__GLIBC__)
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEAP = 16 << 20 }; /* what the blocks that are under way take, with what is made of them */

/* The next HEAP bytes that malloc takes lie on huge pages, if they are to be had: a run of 20 MB was a fifteenth faster
 * for the 2,400 faults less (Linux 6.18). */
static void take_huge_pages(void)
{
#if defined(MADV_HUGEPAGE)
    mallopt(M_TOP_PAD, HEAP);
    void *at = malloc(1 << 20);
    mallopt(M_TOP_PAD, 128 << 10); /* as it was */
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = ((uintptr_t)at + page - 1) / page * page;
    uintptr_t end = (uintptr_t)sbrk(0);
    if (at && start < end && end - start < 2 * (uintptr_t)HEAP) /* else it lies elsewhere */
        madvise((void *)start, end - start, MADV_HUGEPAGE);
    free(at);
#endif
}
#endif

/* hold_memory(): freed memory stays with the process.  A run takes and frees the same few megabytes for each block;
 * given back and taken again, every page of them costs a fault and is filled with zeros. */
PyObject *call_hold_memory(PyObject *module, PyObject *args)
{
    (void)module;
    (void)args;
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the largest that it takes */
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_ARENA_MAX, 1); /* what one thread frees another one takes */
    take_huge_pages();
#endif
    Py_RETURN_NONE;
}
