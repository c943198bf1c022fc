/* From text to folded text, for callers that want to see it. */
#include "native.h"
#include "unicode.h"

/* fold(text, offsets, out, out_offsets): casefold(NFC(document)) of each document, one after the
 * other in `out` (3 bytes a byte of text), with n + 1 int64 offsets. */
PyObject *call_fold(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *out, *out_offsets;
    if (!PyArg_ParseTuple(args, "OOOO:fold", &text, &offsets, &out, &out_offsets))
        return NULL;
    Batch batch;
    Py_buffer out_view, out_offsets_view;
    if (batch_open(&batch, text, offsets) < 0)
        return NULL;
    if (output_open(&out_view, out, UNICODE_FOLD_GROWTH * batch.size, "out") < 0) {
        batch_close(&batch);
        return NULL;
    }
    if (output_open(&out_offsets_view, out_offsets, (batch.n + 1) * (Py_ssize_t)sizeof(int64_t), "out_offsets") < 0) {
        PyBuffer_Release(&out_view);
        batch_close(&batch);
        return NULL;
    }
    uint8_t *to = out_view.buf;
    int64_t *ends = out_offsets_view.buf;
    int failed = 0;
    Py_BEGIN_ALLOW_THREADS
    ends[0] = 0;
    for (Py_ssize_t i = 0; i < batch.n && !failed; i++) {
        ptrdiff_t size = unicode_fold(batch.text + batch.offsets[i],
                                      (ptrdiff_t)(batch.offsets[i + 1] - batch.offsets[i]), to + ends[i]);
        failed = size < 0;
        ends[i + 1] = ends[i] + size;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&out_offsets_view);
    PyBuffer_Release(&out_view);
    batch_close(&batch);
    if (failed)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}
