/* The calls of the tally: a capsule that Python owns, and one batch at a time.  What Python hands over is
 * checked here. */
#include "native.h"

#include "tally.h"

static const char *const CAPSULE = "dedupe.engine.tally";
enum { LEAST_BITS = 8, MOST_BITS = 30, MOST_BUCKETS = 63 };

typedef struct {
    Tally *tally;
    int busy; /* a call is under way without the interpreter's lock */
} Handle;

static void close_handle(PyObject *capsule)
{
    Handle *handle = PyCapsule_GetPointer(capsule, CAPSULE);
    tally_free(handle->tally);
    free(handle);
}

static Handle *handle_of(PyObject *capsule)
{
    if (!PyCapsule_IsValid(capsule, CAPSULE)) {
        PyErr_SetString(PyExc_TypeError, "tally must be what tally_open gave");
        return NULL;
    }
    Handle *handle = PyCapsule_GetPointer(capsule, CAPSULE);
    if (handle->busy) {
        PyErr_SetString(PyExc_RuntimeError, "tally is in use by another thread");
        return NULL;
    }
    return handle;
}

/* tally_open(sketch_bits=22, most_entries=262144) */
PyObject *call_tally_open(PyObject *module, PyObject *args)
{
    (void)module;
    int bits = 22;
    Py_ssize_t most_entries = 1 << 18;
    if (!PyArg_ParseTuple(args, "|in:tally_open", &bits, &most_entries))
        return NULL;
    if (bits < LEAST_BITS || bits > MOST_BITS || most_entries < 0 || most_entries > INT32_MAX / 2) {
        PyErr_SetString(PyExc_ValueError, "sketch_bits must lie between 8 and 30, most_entries between 0 and 2^30");
        return NULL;
    }
    Handle *handle = calloc(1, sizeof *handle);
    PyObject *capsule = NULL;
    if (handle && (handle->tally = tally_new(bits, most_entries)))
        capsule = PyCapsule_New(handle, CAPSULE, close_handle);
    else
        PyErr_NoMemory();
    if (!capsule && handle) {
        if (handle->tally)
            tally_free(handle->tally);
        free(handle);
    }
    return capsule;
}

static int has_items(const Py_buffer *view, Py_ssize_t n, Py_ssize_t size, const char *name)
{
    if (view->len == n * size && (!view->len || !((uintptr_t)view->buf % (uintptr_t)size)))
        return 1;
    PyErr_Format(PyExc_ValueError, "%s must hold one value of %zd bytes a document", name, size);
    return 0;
}

/* tally_count(tally, text, offsets, sources) */
PyObject *call_tally_count(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *text, *offsets, *result = NULL;
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "OOOy*:tally_count", &capsule, &text, &offsets, &view))
        return NULL;
    Batch batch;
    Handle *handle = handle_of(capsule);
    if (handle && batch_open(&batch, text, offsets) == 0) {
        if (has_items(&view, batch.n, 4, "sources")) {
            const int32_t *sources = view.buf;
            int failed = 0;
            handle->busy = 1;
            Py_BEGIN_ALLOW_THREADS
            for (Py_ssize_t i = 0; i < batch.n && !failed; i++)
                if (sources[i] >= 0)
                    failed = tally_count(handle->tally, batch.text + batch.offsets[i],
                                         (Py_ssize_t)(batch.offsets[i + 1] - batch.offsets[i]), sources[i]) < 0;
            Py_END_ALLOW_THREADS
            handle->busy = 0;
            result = failed ? PyErr_NoMemory() : Py_NewRef(Py_None);
        }
        batch_close(&batch);
    }
    PyBuffer_Release(&view);
    return result;
}

static int are_known(const int32_t *sources, const uint8_t *buckets, Py_ssize_t n, Py_ssize_t n_sources)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (sources[i] >= n_sources || buckets[i] >= MOST_BUCKETS) {
            PyErr_SetString(PyExc_ValueError, "sources must have a value in frequent, and buckets lie below 63");
            return 0;
        }
    }
    return 1;
}

/* tally_gather(tally, text, offsets, sources, buckets, frequent) -> bytes */
PyObject *call_tally_gather(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *text, *offsets, *result = NULL;
    Py_buffer source_view, bucket_view, frequent_view;
    if (!PyArg_ParseTuple(args, "OOOy*y*y*:tally_gather", &capsule, &text, &offsets, &source_view, &bucket_view,
                          &frequent_view))
        return NULL;
    Batch batch;
    Handle *handle = handle_of(capsule);
    if (handle && batch_open(&batch, text, offsets) == 0) {
        const int32_t *sources = source_view.buf, *frequent = frequent_view.buf;
        const uint8_t *buckets = bucket_view.buf;
        Py_ssize_t n_sources = frequent_view.len / 4;
        if (has_items(&source_view, batch.n, 4, "sources") && has_items(&bucket_view, batch.n, 1, "buckets") &&
            has_items(&frequent_view, n_sources, 4, "frequent") && are_known(sources, buckets, batch.n, n_sources) &&
            (result = PyBytes_FromStringAndSize(NULL, batch.n))) {
            char *counts = PyBytes_AsString(result);
            int failed = 0;
            handle->busy = 1;
            Py_BEGIN_ALLOW_THREADS
            for (Py_ssize_t i = 0; i < batch.n && !failed; i++) {
                int headlines = sources[i] < 0 ? 0
                    : tally_gather(handle->tally, batch.text + batch.offsets[i],
                                   (Py_ssize_t)(batch.offsets[i + 1] - batch.offsets[i]), sources[i], buckets[i],
                                   frequent[sources[i]]);
                failed = headlines < 0;
                counts[i] = (char)headlines;
            }
            Py_END_ALLOW_THREADS
            handle->busy = 0;
            if (failed) {
                Py_DECREF(result);
                result = PyErr_NoMemory();
            }
        }
        batch_close(&batch);
    }
    PyBuffer_Release(&source_view);
    PyBuffer_Release(&bucket_view);
    PyBuffer_Release(&frequent_view);
    return result;
}

/* tally_rows(tally) -> (rows, sizes, text, left_out) */
PyObject *call_tally_rows(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule;
    if (!PyArg_ParseTuple(args, "O:tally_rows", &capsule))
        return NULL;
    Handle *handle = handle_of(capsule);
    if (!handle)
        return NULL;
    Py_ssize_t n, n_examples = 0, n_bytes = 0;
    const TallyEntry *entries = tally_entries(handle->tally, &n);
    for (Py_ssize_t i = 0; i < n; i++) {
        n_examples += (Py_ssize_t)entries[i].row.n_examples;
        for (int64_t k = 0; k < entries[i].row.n_examples; k++)
            n_bytes += (Py_ssize_t)entries[i].examples[k].size;
    }
    PyObject *rows = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(TallyRow));
    PyObject *sizes = PyBytes_FromStringAndSize(NULL, 8 * n_examples), *text = PyBytes_FromStringAndSize(NULL, n_bytes);
    if (rows && sizes && text) {
        char *row = PyBytes_AsString(rows), *size = PyBytes_AsString(sizes), *to = PyBytes_AsString(text);
        for (Py_ssize_t i = 0; i < n; i++, row += sizeof(TallyRow)) {
            memcpy(row, &entries[i].row, sizeof(TallyRow));
            for (int64_t k = 0; k < entries[i].row.n_examples; k++, size += 8) {
                const TallyExample *example = entries[i].examples + k;
                memcpy(size, &example->size, 8);
                memcpy(to, tally_text(handle->tally) + example->at, (size_t)example->size);
                to += example->size;
            }
        }
    }
    PyObject *result = rows && sizes && text
        ? Py_BuildValue("OOOL", rows, sizes, text, (long long)tally_left_out(handle->tally)) : NULL;
    Py_XDECREF(rows);
    Py_XDECREF(sizes);
    Py_XDECREF(text);
    return result;
}
