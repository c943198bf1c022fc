/* What a process that runs one command may ask of the allocator, and a library may not. */
#include "native.h"

#if defined(__GLIBC__)
#include <malloc.h>
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
#endif
    Py_RETURN_NONE;
}
