/* Is a line what a rule names?  Asked of every short line, so nearly all are turned away at a gate. */
#include "lines.h"
#include "unicode.h"

enum {
    GATE_BYTES = 8192,
    ANY = 0,
    LINES = GATE_BYTES,
    STARTS = 2 * GATE_BYTES,
    LONG = 3 * GATE_BYTES,
    GATES_BYTES = 4 * GATE_BYTES
};

int needles_open(Needles *needles, PyObject *object)
{
    if (PyObject_GetBuffer(object, &needles->view, PyBUF_SIMPLE) < 0)
        return -1;
    Py_ssize_t n = (needles->view.len - GATES_BYTES) / 8;
    needles->gates = NULL;
    if (needles->view.len == 0)
        return 0;
    if (needles->view.len <= GATES_BYTES || needles->view.len % 8 || (n & (n - 1)) ||
        (uintptr_t)needles->view.buf % 8) {
        PyBuffer_Release(&needles->view);
        PyErr_SetString(PyExc_ValueError, "needles must be empty or what make_needles gives");
        return -1;
    }
    needles->gates = needles->view.buf;
    needles->slots = (const uint64_t *)(needles->gates + GATES_BYTES);
    needles->mask = (uint64_t)n - 1;
    return 0;
}

static inline uint32_t first_three(const uint8_t *shape, Py_ssize_t n)
{
    uint32_t first = n ? shape[0] : 0;
    first |= n > 1 ? (uint32_t)shape[1] << 8 : 0;
    return first | (n > 2 ? (uint32_t)shape[2] << 16 : 0);
}

static inline int gate_lets(const Needles *needles, int gate, uint32_t value)
{
    uint32_t bit = value * 0x9E3779B1u >> 16;
    return needles->gates[gate + (bit >> 3)] >> (bit & 7) & 1;
}

/* Whether a form's first three bytes are its shape's too: no number begins among them. */
static int begins_without_number(const uint8_t *form, Py_ssize_t n)
{
    int length;
    for (Py_ssize_t i = 0; i < n && i < 3; i += length)
        if (unicode_properties(unicode_decode(form + i, form + n, &length)) & UNICODE_DIGIT)
            return 0;
    return 1;
}

Py_ssize_t needle_slot(const Needles *needles, uint64_t key)
{
    /* A table that is full would make this endless; make_needles leaves three quarters free. */
    for (uint64_t i = 0; i <= needles->mask; i++) {
        uint64_t at = (key + i) & needles->mask, slot = needles->slots[at];
        if (!slot)
            return -1;
        if (slot == key)
            return (Py_ssize_t)at;
    }
    return -1;
}

static inline int is_wide(uint8_t byte) { return byte >= 0xE3 && byte <= 0xE9; }

static inline int splits(uint8_t byte)
{
    return byte < 0x80 && byte != '#' && !(byte >= '0' && byte <= '9') && !((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

int shape_ends(const uint8_t *shape, Py_ssize_t n, Py_ssize_t *ends)
{
    int count = 0;
    for (Py_ssize_t p = 1; p <= n && count < SHAPE_ENDS; p++) {
        uint8_t before = shape[p - 1], after = p < n ? shape[p] : ' ';
        if (splits(after) || (splits(before) && before != ' ') || is_wide(after) || (p >= 3 && is_wide(shape[p - 3])))
            ends[count++] = p;
    }
    return count;
}

/* The same of a line that is no short one: the whole of it, or nothing. */
static int is_long_artifact(const Needles *needles, const uint8_t *form, Py_ssize_t n)
{
    uint8_t shape[LONG_BYTES];
    if (n > LONG_BYTES || (begins_without_number(form, n) && !gate_lets(needles, LONG, first_three(form, n))))
        return 0;
    Py_ssize_t length = line_shape(form, n, shape);
    return length > SHAPE_BYTES && gate_lets(needles, LONG, first_three(shape, length)) &&
           needle_slot(needles, line_key(shape, length)) >= 0;
}

int is_artifact(const Needles *needles, const uint8_t *form, Py_ssize_t n)
{
    uint8_t buffer[SHAPE_BYTES];
    const uint8_t *shape = form;
    Py_ssize_t ends[SHAPE_ENDS], length = n;
    if (!needles->gates || n == 0)
        return 0;
    if (n > SHAPE_BYTES)
        return is_long_artifact(needles, form, n);
    if (begins_without_number(form, n) && !gate_lets(needles, ANY, first_three(form, n)))
        return 0;
    Py_ssize_t codes;
    if (form_survey(form, n, &codes) & (DIGITS | LONG_CODES)) {
        length = line_shape(form, n, buffer);
        shape = buffer;
    }
    uint32_t first = first_three(shape, length);
    if (gate_lets(needles, LINES, first ^ (uint32_t)length << 24) &&
        needle_slot(needles, line_key(shape, length)) >= 0)
        return 1;
    if (!gate_lets(needles, STARTS, first))
        return 0;
    int count = shape_ends(shape, length, ends);
    for (int i = 0; i < count; i++)
        if (needle_slot(needles, line_key(shape, ends[i]) ^ START_SALT) >= 0)
            return 1;
    return 0;
}
