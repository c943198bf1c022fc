/* Between reading and matching, and between matching and writing: flat arrays from flat arrays, so that
 * Python touches a batch, not its records. */
#include "native.h"

enum { PLACE = 4 }; /* of a text: file descriptor, position, length, kind */

static int input_open(Py_buffer *view, PyObject *object, Py_ssize_t n, const char *name)
{
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) < 0)
        return -1;
    if (view->len == n * 8 && (!n || (uintptr_t)view->buf % 8 == 0))
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must hold %zd aligned int64 values", name, n);
    PyBuffer_Release(view);
    return -1;
}

static PyObject *fill_texts(const int64_t *offsets, const int64_t *spans, const uint8_t *status, Py_ssize_t n, int64_t at,
                            int64_t fd)
{
    Py_ssize_t found = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        found += status[i] == 0;
    PyObject *out_offsets = PyBytes_FromStringAndSize(NULL, (found + 1) * 8);
    PyObject *out_places = PyBytes_FromStringAndSize(NULL, found * PLACE * 8);
    PyObject *out_records = PyBytes_FromStringAndSize(NULL, found * 8);
    if (!out_offsets || !out_places || !out_records) {
        Py_XDECREF(out_offsets);
        Py_XDECREF(out_places);
        Py_XDECREF(out_records);
        return NULL;
    }
    int64_t *to_offsets = (int64_t *)PyBytes_AsString(out_offsets), *to_places = (int64_t *)PyBytes_AsString(out_places),
            *to_records = (int64_t *)PyBytes_AsString(out_records);
    Py_ssize_t k = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (status[i])
            continue;
        /* Records without a text take no room, so the texts of the others follow each other. */
        to_offsets[k] = offsets[i];
        to_records[k] = i;
        to_places[PLACE * k] = fd;
        to_places[PLACE * k + 1] = at + spans[2 * i];
        to_places[PLACE * k + 2] = spans[2 * i + 1] - spans[2 * i];
        to_places[PLACE * k + 3] = 1;
        k++;
    }
    to_offsets[found] = offsets[n];
    return Py_BuildValue("NNN", out_offsets, out_places, out_records);
}

PyObject *call_texts(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *offsets_object, *spans_object, *result = NULL;
    Py_buffer status, offsets, spans;
    long long at, fd;
    if (!PyArg_ParseTuple(args, "OOy*LL:texts", &offsets_object, &spans_object, &status, &at, &fd))
        return NULL;
    Py_ssize_t n = status.len;
    if (input_open(&offsets, offsets_object, n + 1, "offsets") == 0) {
        if (input_open(&spans, spans_object, 2 * n, "spans") == 0) {
            result = fill_texts(offsets.buf, spans.buf, status.buf, n, at, fd);
            PyBuffer_Release(&spans);
        }
        PyBuffer_Release(&offsets);
    }
    PyBuffer_Release(&status);
    return result;
}

PyObject *call_select(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *block, *starts, *result;
    Py_buffer drops;
    if (!PyArg_ParseTuple(args, "OOy*:select", &block, &starts, &drops))
        return NULL;
    Batch batch;
    if (batch_open(&batch, block, starts) < 0) {
        PyBuffer_Release(&drops);
        return NULL;
    }
    if (drops.len != batch.n) {
        PyErr_SetString(PyExc_ValueError, "drops must hold one byte a record");
        result = NULL;
    } else {
        const uint8_t *drop = drops.buf;
        int64_t size = 0;
        for (Py_ssize_t i = 0; i < batch.n; i++)
            size += drop[i] ? 0 : batch.offsets[i + 1] - batch.offsets[i];
        result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
        if (result) {
            char *to = PyBytes_AsString(result);
            for (Py_ssize_t i = 0, next; i < batch.n; i = next) {
                for (next = i; next < batch.n && !drop[next] == !drop[i]; next++)
                    ;
                if (drop[i])
                    continue;
                size_t n = (size_t)(batch.offsets[next] - batch.offsets[i]);
                memcpy(to, batch.text + batch.offsets[i], n);
                to += n;
            }
        }
    }
    batch_close(&batch);
    PyBuffer_Release(&drops);
    return result;
}
