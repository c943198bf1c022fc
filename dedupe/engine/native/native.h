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

/* Plain loops, compiled once per vector width; the loader picks at run time. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(DEDUPE_NO_CLONES)
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

/* The calls, all METH_VARARGS. */
PyObject *call_records(PyObject *module, PyObject *args);     /* jsonl.c */
PyObject *call_raw_offsets(PyObject *module, PyObject *args); /* jsonl.c */
PyObject *call_scan(PyObject *module, PyObject *args);        /* lines.c */
PyObject *call_line_table(PyObject *module, PyObject *args);  /* lines.c */
PyObject *call_count_lines(PyObject *module, PyObject *args); /* lines.c */
PyObject *call_normal_form(PyObject *module, PyObject *args); /* lines.c */
PyObject *call_shape_ends(PyObject *module, PyObject *args);  /* lines.c */
PyObject *call_line_key(PyObject *module, PyObject *args);    /* lines.c */
PyObject *call_suspicious(PyObject *module, PyObject *args); /* suspicion.c */
PyObject *call_fold(PyObject *module, PyObject *args);        /* words.c */

#endif
