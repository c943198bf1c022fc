/* The door of the compiled engine: what Python hands over is checked here and nowhere else. */
#include "native.h"

int batch_open(Batch *batch, PyObject *text, PyObject *offsets)
{
    if (PyObject_GetBuffer(text, &batch->text_view, PyBUF_SIMPLE) < 0)
        return -1;
    if (PyObject_GetBuffer(offsets, &batch->offsets_view, PyBUF_SIMPLE) < 0) {
        PyBuffer_Release(&batch->text_view);
        return -1;
    }
    batch->text = batch->text_view.buf;
    batch->size = batch->text_view.len;
    batch->offsets = batch->offsets_view.buf;
    batch->n = batch->offsets_view.len / (Py_ssize_t)sizeof(int64_t) - 1;

    const char *fault = NULL;
    if (batch->offsets_view.len % (Py_ssize_t)sizeof(int64_t) || batch->n < 0)
        fault = "offsets must hold n + 1 int64 values";
    else if ((uintptr_t)batch->offsets % sizeof(int64_t))
        fault = "offsets must be aligned to 8 bytes";
    else if (batch->offsets[0] < 0 || batch->offsets[batch->n] > batch->size)
        fault = "offsets must lie within the text";
    for (Py_ssize_t i = 0; !fault && i < batch->n; i++)
        if (batch->offsets[i] > batch->offsets[i + 1])
            fault = "offsets must ascend";
    if (fault) {
        batch_close(batch);
        PyErr_SetString(PyExc_ValueError, fault);
        return -1;
    }
    return 0;
}

void batch_close(Batch *batch)
{
    PyBuffer_Release(&batch->text_view);
    PyBuffer_Release(&batch->offsets_view);
}

int output_open(Py_buffer *view, PyObject *object, Py_ssize_t bytes, const char *name)
{
    if (PyObject_GetBuffer(object, view, PyBUF_WRITABLE) < 0)
        return -1;
    if (view->len < bytes || (bytes && (uintptr_t)view->buf % sizeof(int64_t))) {
        PyErr_Format(PyExc_ValueError, "%s must be an aligned buffer of at least %zd bytes", name, bytes);
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}
