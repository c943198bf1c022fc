/* What every file of the compiled engine shares: the columnar batch and the list of calls.
 *
 * A batch is one run of UTF-8 bytes and n + 1 ascending int64 offsets into it; document i is
 * text[offsets[i]:offsets[i + 1]].  batch_open checks all of that once, at the door, so that the
 * loops behind it need no check of their own.  Everything is CPython's Limited API of 3.11.
 */
#ifndef DEDUPE_NATIVE_H
#define DEDUPE_NATIVE_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Plain loops, compiled once per vector width; the loader (glibc's) picks at run time. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(DEDUPE_NO_CLONES)
#define VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTOR_CLONES
#endif

typedef struct {
    const uint8_t *text;
    Py_ssize_t size;        /* bytes of text */
    const int64_t *offsets; /* n + 1 of them, ascending, within [0, size] */
    Py_ssize_t n;
    Py_buffer text_view, offsets_view;
} Batch;

/* 0, or -1 with a Python exception set (TypeError or ValueError). */
int batch_open(Batch *batch, PyObject *text, PyObject *offsets);
void batch_close(Batch *batch);

/* A writable, C-contiguous buffer of at least `bytes` bytes that the caller owns; 0 or -1. */
int output_open(Py_buffer *view, PyObject *object, Py_ssize_t bytes, const char *name);

/* An array with room for one more than n items: itself, or moved to where there is room for twice as many; NULL where
 * there is no memory, and then it stays as it is. */
static inline void *with_room(void *items, Py_ssize_t n, Py_ssize_t *room, size_t item_bytes)
{
    if (n < *room)
        return items;
    Py_ssize_t more = *room ? 2 * *room : 256;
    void *larger = realloc(items, (size_t)more * item_bytes);
    if (larger)
        *room = more;
    return larger;
}

/* The calls, all METH_VARARGS, by the file that has them. */
#define CALL(name) PyObject *call_##name(PyObject *module, PyObject *args)
CALL(edits); /* edits.c */
CALL(records); /* jsonl.c */
CALL(raw_offsets);
CALL(place);
CALL(scan); /* lines.c */
CALL(line_table);
CALL(count_lines);
CALL(normal_form);
CALL(shape_ends);
CALL(line_key);
CALL(page_columns); /* page.c */
CALL(pages);
CALL(suspicious); /* suspicion.c */
CALL(articles); /* split.c */
CALL(hold_memory); /* memory.c */
CALL(fold); /* near.c */
CALL(word_hashes);
CALL(sketch);
CALL(shingles);
CALL(jaccard);
CALL(digests);
CALL(read_lines); /* source.c */
CALL(texts); /* select.c */
CALL(select);
CALL(rows); /* table.c */
CALL(rows_end);
CALL(kept_open); /* kept_calls.c */
CALL(kept_match);
CALL(kept_count);
CALL(kept_bytes);
CALL(kept_expect);
CALL(tally_open); /* tally_calls.c */
CALL(tally_count);
CALL(tally_gather);
CALL(tally_rows);
#undef CALL

#endif
