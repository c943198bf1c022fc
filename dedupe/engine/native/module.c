/* The compiled engine's calls, one line each; what they do stands in the file named beside them,
 * and what is right stands in ../reference/, file by file. */
#include "native.h"

PyObject *call_suspicious(PyObject *module, PyObject *args); /* suspicion.c */

static PyMethodDef calls[] = {
    {"suspicious", call_suspicious, METH_VARARGS, "suspicious(text, offsets, entities=False) -> bytes"},
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
