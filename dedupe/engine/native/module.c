/* The compiled engine's calls, one line each; what they do stands in the file named beside them,
 * and what is right stands in ../reference/, file by file. */
#include "native.h"

PyObject *call_fold(PyObject *module, PyObject *args); /* near.c, with the next five */
PyObject *call_word_hashes(PyObject *module, PyObject *args);
PyObject *call_sketch(PyObject *module, PyObject *args);
PyObject *call_shingles(PyObject *module, PyObject *args);
PyObject *call_jaccard(PyObject *module, PyObject *args);
PyObject *call_digests(PyObject *module, PyObject *args);

static PyMethodDef calls[] = {
    {"fold", call_fold, METH_VARARGS, "fold(text, offsets, out, out_offsets)"},
    {"word_hashes", call_word_hashes, METH_VARARGS, "word_hashes(text, offsets, out, out_offsets)"},
    {"sketch", call_sketch, METH_VARARGS, "sketch(text, offsets, n_perm, a, b, out)"},
    {"shingles", call_shingles, METH_VARARGS, "shingles(text, offsets, out, out_offsets)"},
    {"jaccard", call_jaccard, METH_VARARGS, "jaccard(sets, set_offsets, pairs, out)"},
    {"digests", call_digests, METH_VARARGS, "digests(text, offsets, out)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "dedupe.engine._native",
    .m_doc = "The compiled engine; the same calls and results as dedupe.engine.reference.",
    .m_size = 0,
    .m_methods = calls,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
