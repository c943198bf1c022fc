/* The calls of the match stage: each opens its buffers, runs a plain loop over the documents without
 * the interpreter's lock, and closes them.  Shapes are checked here, and nowhere behind. */
#include "native.h"

#include "digest.h"
#include "sketch.h"
#include "unicode.h"
#include "words.h"

/* Buffers besides the batch: outputs, and inputs of plain numbers. */
enum { MOST_VIEWS = 3 };
typedef struct {
    Batch batch;
    Py_buffer views[MOST_VIEWS];
    int n_views, is_open;
} Door;

static void door_close(Door *door)
{
    while (door->n_views)
        PyBuffer_Release(&door->views[--door->n_views]);
    if (door->is_open)
        batch_close(&door->batch);
    door->is_open = 0;
}

static int door_open(Door *door, PyObject *text, PyObject *offsets)
{
    door->n_views = 0;
    door->is_open = batch_open(&door->batch, text, offsets) == 0;
    return door->is_open ? 0 : -1;
}

static void *door_output(Door *door, PyObject *object, Py_ssize_t bytes, const char *name)
{
    if (output_open(&door->views[door->n_views], object, bytes, name) < 0) {
        door_close(door);
        return NULL;
    }
    return door->views[door->n_views++].buf;
}

/* An input of numbers of `item` bytes each; NULL, with the door closed, where it is not. */
static const void *door_input(Door *door, PyObject *object, Py_ssize_t item, Py_ssize_t *n, const char *name)
{
    Py_buffer *view = &door->views[door->n_views];
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) < 0) {
        door_close(door);
        return NULL;
    }
    door->n_views++;
    if (view->len % item || (view->len && (uintptr_t)view->buf % (size_t)item)) {
        PyErr_Format(PyExc_ValueError, "%s must hold aligned values of %zd bytes", name, item);
        door_close(door);
        return NULL;
    }
    *n = view->len / item;
    return view->buf;
}

static PyObject *door_result(Door *door, int failed)
{
    door_close(door);
    if (failed)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static inline const uint8_t *document(const Batch *batch, Py_ssize_t i, size_t *n_bytes)
{
    *n_bytes = (size_t)(batch->offsets[i + 1] - batch->offsets[i]);
    return batch->text + batch->offsets[i];
}

static Py_ssize_t most_shingles(const Batch *batch)
{
    Py_ssize_t most = 0;
    size_t n_bytes;
    for (Py_ssize_t i = 0; i < batch->n; i++) {
        document(batch, i, &n_bytes);
        most += (Py_ssize_t)MOST_SHINGLES(n_bytes);
    }
    return most;
}

#define INT64S(n) ((n) * (Py_ssize_t)sizeof(int64_t))

/* fold(text, offsets, out, out_offsets): casefold(NFC(document)) of each document, one after the other
 * in `out` (3 bytes a byte of text), with n + 1 int64 offsets. */
PyObject *call_fold(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *out, *out_offsets;
    Door door;
    if (!PyArg_ParseTuple(args, "OOOO:fold", &text, &offsets, &out, &out_offsets) || door_open(&door, text, offsets) < 0)
        return NULL;
    const Batch *batch = &door.batch;
    uint8_t *to = door_output(&door, out, UNICODE_FOLD_GROWTH * batch->size, "out");
    int64_t *ends = to ? door_output(&door, out_offsets, INT64S(batch->n + 1), "out_offsets") : NULL;
    if (!ends)
        return NULL;
    int failed = 0;
    Py_BEGIN_ALLOW_THREADS
    ends[0] = 0;
    for (Py_ssize_t i = 0; i < batch->n && !failed; i++) {
        size_t n_bytes;
        const uint8_t *doc = document(batch, i, &n_bytes);
        ptrdiff_t size = unicode_fold(doc, (ptrdiff_t)n_bytes, to + ends[i]);
        failed = size < 0;
        ends[i + 1] = ends[i] + size;
    }
    Py_END_ALLOW_THREADS
    return door_result(&door, failed);
}

/* word_hashes(text, offsets, out, out_offsets): the 64-bit hash of each word, in order, with n + 1 int64
 * offsets in words; `out` has room for (bytes + 1) / 2 of each document.  For tests and for looking. */
PyObject *call_word_hashes(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *out, *out_offsets;
    Door door;
    if (!PyArg_ParseTuple(args, "OOOO:word_hashes", &text, &offsets, &out, &out_offsets)
        || door_open(&door, text, offsets) < 0)
        return NULL;
    const Batch *batch = &door.batch;
    uint64_t *to = door_output(&door, out, INT64S(most_shingles(batch)), "out");
    int64_t *ends = to ? door_output(&door, out_offsets, INT64S(batch->n + 1), "out_offsets") : NULL;
    if (!ends)
        return NULL;
    int failed;
    Py_BEGIN_ALLOW_THREADS
    Words words;
    failed = words_open(&words) < 0;
    ends[0] = 0;
    for (Py_ssize_t i = 0; i < batch->n && !failed; i++) {
        size_t n_bytes;
        const uint8_t *doc = document(batch, i, &n_bytes);
        int more = words_read(&words, doc, n_bytes);
        ends[i + 1] = ends[i];
        while (more >= 0 && (more = words_next(&words)) > 0) {
            memcpy(to + ends[i + 1], words.hashes, words.n_words * sizeof *to);
            ends[i + 1] += (int64_t)words.n_words;
        }
        failed = more < 0;
    }
    words_close(&words);
    Py_END_ALLOW_THREADS
    return door_result(&door, failed);
}

/* sketch(text, offsets, n_perm, a, b, out): the signature of each document, a row of n_perm uint32. */
PyObject *call_sketch(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *a_object, *b_object, *out;
    Py_ssize_t n_perm, n_a, n_b = 0;
    Door door;
    if (!PyArg_ParseTuple(args, "OOnOOO:sketch", &text, &offsets, &n_perm, &a_object, &b_object, &out)
        || door_open(&door, text, offsets) < 0)
        return NULL;
    const Batch *batch = &door.batch;
    const uint32_t *a = door_input(&door, a_object, 4, &n_a, "a"), *b = NULL;
    if (!a || !(b = door_input(&door, b_object, 4, &n_b, "b")))
        return NULL;
    if (n_perm < 1 || n_a != n_perm || n_b != n_perm || n_perm > PY_SSIZE_T_MAX / 4 / (batch->n + 1)) {
        PyErr_SetString(PyExc_ValueError, "a and b must hold n_perm uint32 values, at least one");
        door_close(&door);
        return NULL;
    }
    uint32_t *row = door_output(&door, out, batch->n * n_perm * 4, "out");
    if (!row)
        return NULL;
    int failed;
    Py_BEGIN_ALLOW_THREADS
    Words words;
    Permutations permutations = {0, 0, NULL, NULL, NULL};
    failed = words_open(&words) < 0 || permutations_open(&permutations, a, b, (size_t)n_perm) < 0;
    for (Py_ssize_t i = 0; i < batch->n && !failed; i++, row += n_perm) {
        size_t n_bytes;
        const uint8_t *doc = document(batch, i, &n_bytes);
        failed = sketch_document(&words, &permutations, doc, n_bytes, row) < 0;
    }
    permutations_close(&permutations);
    words_close(&words);
    Py_END_ALLOW_THREADS
    return door_result(&door, failed);
}

/* shingles(text, offsets, out, out_offsets): the sorted set of each document's 64-bit shingles, with n + 1
 * int64 offsets in shingles; `out` has room for (bytes + 1) / 2 of each document. */
PyObject *call_shingles(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *out, *out_offsets;
    Door door;
    if (!PyArg_ParseTuple(args, "OOOO:shingles", &text, &offsets, &out, &out_offsets)
        || door_open(&door, text, offsets) < 0)
        return NULL;
    const Batch *batch = &door.batch;
    uint64_t *to = door_output(&door, out, INT64S(most_shingles(batch)), "out");
    int64_t *ends = to ? door_output(&door, out_offsets, INT64S(batch->n + 1), "out_offsets") : NULL;
    if (!ends)
        return NULL;
    int failed;
    Py_BEGIN_ALLOW_THREADS
    Words words;
    Spare spare = {NULL, 0};
    failed = words_open(&words) < 0;
    ends[0] = 0;
    for (Py_ssize_t i = 0; i < batch->n && !failed; i++) {
        size_t n_bytes;
        const uint8_t *doc = document(batch, i, &n_bytes);
        ptrdiff_t n = shingle_document(&words, doc, n_bytes, to + ends[i], &spare);
        failed = n < 0;
        ends[i + 1] = ends[i] + n;
    }
    free(spare.keys);
    words_close(&words);
    Py_END_ALLOW_THREADS
    return door_result(&door, failed);
}

/* jaccard(sets, set_offsets, pairs, out): the similarity, a double, of each pair (two int64) of sorted
 * sets, as `shingles` gives them. */
PyObject *call_jaccard(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *sets, *set_offsets, *pairs_object, *out;
    Py_ssize_t n_numbers;
    Door door;
    if (!PyArg_ParseTuple(args, "OOOO:jaccard", &sets, &set_offsets, &pairs_object, &out)
        || door_open(&door, sets, set_offsets) < 0)
        return NULL;
    const Batch *batch = &door.batch;
    const uint64_t *keys = (const uint64_t *)(const void *)batch->text;
    const int64_t *pairs = door_input(&door, pairs_object, 8, &n_numbers, "pairs");
    if (!pairs)
        return NULL;
    const char *fault = NULL;
    if (batch->offsets[batch->n] > batch->size / 8 || (batch->size && (uintptr_t)keys % 8))
        fault = "sets must hold aligned uint64 values, as many as set_offsets says";
    else if (n_numbers % 2)
        fault = "pairs must hold two int64 values each";
    for (Py_ssize_t i = 0; !fault && i < n_numbers; i++)
        if (pairs[i] < 0 || pairs[i] >= batch->n)
            fault = "pairs must name sets";
    if (fault) {
        door_close(&door);
        PyErr_SetString(PyExc_ValueError, fault);
        return NULL;
    }
    double *similarity = door_output(&door, out, n_numbers / 2 * 8, "out");
    if (!similarity)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    const int64_t *ends = batch->offsets;
    for (Py_ssize_t i = 0; i < n_numbers / 2; i++) {
        int64_t one = pairs[2 * i], other = pairs[2 * i + 1];
        similarity[i] = jaccard_of(keys + ends[one], (size_t)(ends[one + 1] - ends[one]), keys + ends[other],
                                   (size_t)(ends[other + 1] - ends[other]));
    }
    Py_END_ALLOW_THREADS
    return door_result(&door, 0);
}

/* digests(text, offsets, out): 16 bytes for each document's bytes. */
PyObject *call_digests(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *out;
    Door door;
    if (!PyArg_ParseTuple(args, "OOO:digests", &text, &offsets, &out) || door_open(&door, text, offsets) < 0)
        return NULL;
    const Batch *batch = &door.batch;
    uint8_t *to = door_output(&door, out, 16 * batch->n, "out");
    if (!to)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < batch->n; i++) {
        size_t n_bytes;
        const uint8_t *doc = document(batch, i, &n_bytes);
        digest_document(doc, n_bytes, to + 16 * i);
    }
    Py_END_ALLOW_THREADS
    return door_result(&door, 0);
}
