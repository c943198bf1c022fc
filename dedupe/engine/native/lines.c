/* What the cleaning stage knows of lines: which documents need a closer look, and those documents'
 * lines in columns.
 *
 * A glance runs over everything and must cost little: one pass a line for its normal form, one probe of
 * a small table for its key; short lines that may be a rule's are looked for in the rules' keys.  The
 * table is never cleared between documents: a slot of another stamp is empty.
 */
#include "lines.h"
#include "unicode.h"

enum {
    HEAD_LINES = 16,  /* lines of an article's head, among which similar copies are sought */
    ARTICLE_GAP = 3,  /* blank lines after which a head begins anew */
    EDGE_BYTES = 16,  /* how much of one of a line's two ends must agree for a closer look, */
    FRAME_BYTES = 7,  /* and how much of both, in lines shorter than MAX_FRAMED */
    MAX_FRAMED = 40,
    REPEAT_BYTES = 6, /* a shorter line that stands twice says nothing by itself */
    COLUMNS = 9
};
static const uint64_t EDGE_SALTS[EDGES] = {0xD6E8FEB86659FD93u, 0xA5A5A5A5C3C3C3C3u, 0x8CB92BA72F3D8DD7u};

int keys_grow(KeySet *keys)
{
    KeySet larger = {NULL, keys->mask ? keys->mask * 2 + 1 : 1023, keys->stamp, 0};
    larger.slots = calloc((size_t)larger.mask + 1, sizeof *larger.slots);
    if (!larger.slots)
        return -1;
    for (uint64_t i = 0; keys->slots && i <= keys->mask; i++) {
        if (keys->slots[i].stamp != keys->stamp)
            continue;
        uint64_t at = keys->slots[i].key & larger.mask;
        while (larger.slots[at].stamp == larger.stamp)
            at = (at + 1) & larger.mask;
        larger.slots[at] = keys->slots[i];
        larger.used++;
    }
    free(keys->slots);
    *keys = larger;
    return 0;
}

int keys_add(KeySet *keys, uint64_t key)
{
    if ((uint64_t)keys->used * 2 > keys->mask && keys_grow(keys) < 0)
        return -1;
    uint64_t at = key & keys->mask;
    while (keys->slots[at].stamp == keys->stamp) {
        if (keys->slots[at].key == key)
            return 1;
        at = (at + 1) & keys->mask;
    }
    keys->slots[at].key = key;
    keys->slots[at].stamp = keys->stamp;
    keys->used++;
    return 0;
}

static int has_letter(const uint8_t *form, Py_ssize_t n)
{
    const uint8_t *at = form, *end = form + n;
    while (at < end) {
        int length;
        if (unicode_properties(unicode_decode(at, end, &length)) & UNICODE_LETTER)
            return 1;
        at += length;
    }
    return 0;
}

void edge_keys(const uint8_t *form, Py_ssize_t n, uint64_t edges[EDGES])
{
    edges[0] = n >= EDGE_BYTES ? line_key(form, EDGE_BYTES) : 0;
    edges[1] = n >= EDGE_BYTES ? line_key(form + n - EDGE_BYTES, EDGE_BYTES) : 0;
    edges[2] = 0;
    if (n >= 2 * FRAME_BYTES && n < MAX_FRAMED) {
        uint8_t frame[2 * FRAME_BYTES];
        memcpy(frame, form, FRAME_BYTES);
        memcpy(frame + FRAME_BYTES, form + n - FRAME_BYTES, FRAME_BYTES);
        edges[2] = line_key(frame, sizeof frame);
    }
}

int glance_open(Glance *glance)
{
    *glance = (Glance){{NULL, 0, 0, 0}, 0, 0, 0};
    return keys_grow(&glance->keys);
}

void glance_close(Glance *glance)
{
    free(glance->keys.slots);
}

void glance_begin(Glance *glance)
{
    glance->keys.stamp++;
    glance->keys.used = 0;
    glance->marks = glance->blanks = glance->head = 0;
}

int glance_line(Glance *glance, const uint8_t *form, Py_ssize_t n, uint64_t key)
{
    if (n == 0) {
        if (++glance->blanks == ARTICLE_GAP)
            glance->head = 0;
        return 0;
    }
    glance->blanks = 0;
    int seen = keys_add(&glance->keys, key);
    if (seen < 0)
        return -1;
    if (seen && n >= REPEAT_BYTES && !(glance->marks & REPEATED) && has_letter(form, n))
        glance->marks |= REPEATED;
    if (glance->head == HEAD_LINES || glance->marks & SIMILAR)
        return 0;
    glance->head++;
    uint64_t edges[EDGES];
    edge_keys(form, n, edges);
    for (int edge = 0; edge < EDGES; edge++) {
        int similar = edges[edge] ? keys_add(&glance->keys, edges[edge] ^ EDGE_SALTS[edge]) : 0;
        if (similar < 0)
            return -1;
        glance->marks |= similar ? SIMILAR : 0;
    }
    return 0;
}

/* The marks of one document, or -1 for want of memory. */
static int scan_document(const uint8_t *at, const uint8_t *end, const Needles *needles, FormScratch *scratch,
                         Glance *glance)
{
    glance_begin(glance);
    while (at < end) {
        const uint8_t *next, *stop = line_end(at, end, &next);
        Py_ssize_t n = line_form(scratch, at, stop - at);
        if (n < 0 || glance_line(glance, scratch->form, n, line_key(scratch->form, n)) < 0)
            return -1;
        if (!(glance->marks & ARTIFACT_SEEN) && is_artifact(needles, scratch->form, n))
            glance->marks |= ARTIFACT_SEEN;
        at = next;
    }
    return glance->marks;
}

PyObject *call_scan(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *needle_object;
    if (!PyArg_ParseTuple(args, "OOO:scan", &text, &offsets, &needle_object))
        return NULL;
    Batch batch;
    Needles needles;
    if (batch_open(&batch, text, offsets) < 0)
        return NULL;
    if (needles_open(&needles, needle_object) < 0) {
        batch_close(&batch);
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, batch.n);
    if (result) {
        char *marks = PyBytes_AsString(result);
        int failed = 0;
        Py_BEGIN_ALLOW_THREADS
        FormScratch scratch = {NULL, NULL, 0};
        Glance glance;
        failed = glance_open(&glance) < 0;
        for (Py_ssize_t i = 0; i < batch.n && !failed; i++) {
            int mark = scan_document(batch.text + batch.offsets[i], batch.text + batch.offsets[i + 1], &needles,
                                     &scratch, &glance);
            failed = mark < 0;
            marks[i] = (char)mark;
        }
        form_free(&scratch);
        glance_close(&glance);
        Py_END_ALLOW_THREADS
        if (failed) {
            Py_DECREF(result);
            result = PyErr_NoMemory();
        }
    }
    PyBuffer_Release(&needles.view);
    batch_close(&batch);
    return result;
}

/* The columns of a terminal that a code point takes, near enough to tell a paragraph from a label. */
static inline int64_t columns_of(uint32_t c)
{
    return 1 + (c >= 0x1100 && (c <= 0x115F || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                                (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) ||
                                (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x20000 && c <= 0x3FFFD)));
}

/* A sentence's or a clause's end, which no headline has: . , : ; and theirs of other scripts. */
static int is_stop(uint32_t c)
{
    switch (c) {
    case '.': case ',': case ':': case ';': case 0x3002: case 0xFF0C: case 0xFF1A: case 0xFF1B: case 0x3001:
    case 0x060C: case 0x061B: case 0x06D4: case 0x0964: case 0x0965: case 0x1362: case 0x1363: case 0x1364:
        return 1;
    default:
        return 0;
    }
}

static int is_closer(uint32_t c)
{
    return c == ')' || c == ']' || c == '}' || c == '\'';
}

/* The last code point that closes nothing, or 0.  A normal form is sound UTF-8. */
static uint32_t last_said(const uint8_t *form, Py_ssize_t n)
{
    while (n > 0 && is_closer(form[n - 1]))
        n--;
    Py_ssize_t at = n;
    while (at > 0 && (form[--at] & 0xC0) == 0x80)
        ;
    int length;
    return n ? unicode_decode(form + at, form + n, &length) : 0;
}

int64_t form_flags(const uint8_t *form, Py_ssize_t n, int64_t limit, int64_t *width)
{
    int64_t marks = is_stop(last_said(form, n)) ? STOP : 0;
    Py_ssize_t looked = n / 2 <= limit ? n : 2 * (Py_ssize_t)limit + 2; /* more columns than the limit */
    Py_ssize_t columns;
    int seen = form_survey(form, looked, &columns);
    if (!(seen & LONG_CODES)) {
        *width = columns;
        return marks | (n ? 0 : BLANK) | (seen & DIGITS) | (seen & LETTERS || has_letter(form, n) ? LETTERS : 0);
    }
    const uint8_t *at = form, *end = form + n;
    uint32_t properties = 0;
    *width = 0;
    while (at < end && (*width <= limit || !(properties & UNICODE_LETTER))) {
        int length;
        uint32_t code_point = unicode_decode(at, end, &length);
        properties |= unicode_properties(code_point);
        *width += columns_of(code_point);
        at += length;
    }
    return marks | (properties & UNICODE_LETTER ? LETTERS : 0) | (properties & UNICODE_DIGIT ? DIGITS : 0);
}

static Py_ssize_t count_document_lines(const uint8_t *at, const uint8_t *end)
{
    Py_ssize_t n = 0;
    while (at < end) {
        const uint8_t *next;
        line_end(at, end, &next);
        at = next;
        n++;
    }
    return n;
}

PyObject *call_line_table(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *document, *needle_object;
    if (!PyArg_ParseTuple(args, "OO:line_table", &document, &needle_object))
        return NULL;
    Py_buffer view;
    Needles needles;
    if (PyObject_GetBuffer(document, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    if (needles_open(&needles, needle_object) < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    const uint8_t *text = view.buf, *end = text + view.len;
    Py_ssize_t n = count_document_lines(text, end);
    PyObject *result = PyBytes_FromStringAndSize(NULL, n * COLUMNS * (Py_ssize_t)sizeof(int64_t));
    if (result) {
        char *table = PyBytes_AsString(result);
        int failed = 0;
        Py_BEGIN_ALLOW_THREADS
        FormScratch scratch = {NULL, NULL, 0};
        const uint8_t *at = text;
        for (Py_ssize_t i = 0; i < n; i++) {
            const uint8_t *next, *stop = line_end(at, end, &next);
            Py_ssize_t length = line_form(&scratch, at, stop - at);
            if (length < 0) {
                failed = 1;
                break;
            }
            const uint8_t *form = scratch.form;
            int64_t width, flags = form_flags(form, length, INT64_MAX, &width);
            flags |= is_artifact(&needles, form, length) ? ARTIFACT : 0;
            uint64_t edges[EDGES];
            edge_keys(form, length, edges);
            int64_t row[COLUMNS] = {at - text, stop - text, next - text, (int64_t)line_key(form, length),
                                    (int64_t)edges[0], (int64_t)edges[1], (int64_t)edges[2], width, flags};
            for (int column = 0; column < COLUMNS; column++)
                memcpy(table + (column * n + i) * 8, &row[column], 8);
            at = next;
        }
        form_free(&scratch);
        Py_END_ALLOW_THREADS
        if (failed) {
            Py_DECREF(result);
            result = PyErr_NoMemory();
        }
    }
    PyBuffer_Release(&needles.view);
    PyBuffer_Release(&view);
    return result;
}

PyObject *call_count_lines(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets;
    if (!PyArg_ParseTuple(args, "OO:count_lines", &text, &offsets))
        return NULL;
    Batch batch;
    if (batch_open(&batch, text, offsets) < 0)
        return NULL;
    Py_ssize_t n = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < batch.n; i++)
        n += count_document_lines(batch.text + batch.offsets[i], batch.text + batch.offsets[i + 1]);
    Py_END_ALLOW_THREADS
    batch_close(&batch);
    return PyLong_FromSsize_t(n);
}

PyObject *call_normal_form(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer line;
    int shape = 0;
    if (!PyArg_ParseTuple(args, "y*|p:normal_form", &line, &shape))
        return NULL;
    FormScratch scratch = {NULL, NULL, 0};
    Py_ssize_t n = line_form(&scratch, line.buf, line.len);
    PyObject *result;
    if (n < 0) {
        result = PyErr_NoMemory();
    } else if (shape) {
        result = PyBytes_FromStringAndSize(NULL, n);
        if (result) { /* shorter as a rule; a bytes object cannot shrink in place here */
            uint8_t *to = (uint8_t *)PyBytes_AsString(result);
            Py_ssize_t length = line_shape(scratch.form, n, to);
            if (length < n) {
                PyObject *exact = PyBytes_FromStringAndSize((const char *)to, length);
                Py_DECREF(result);
                result = exact;
            }
        }
    } else {
        result = PyBytes_FromStringAndSize((const char *)scratch.form, n);
    }
    form_free(&scratch);
    PyBuffer_Release(&line);
    return result;
}

PyObject *call_shape_ends(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer shape;
    if (!PyArg_ParseTuple(args, "y*:shape_ends", &shape))
        return NULL;
    Py_ssize_t ends[SHAPE_ENDS];
    int count = shape_ends(shape.buf, shape.len, ends);
    PyBuffer_Release(&shape);
    PyObject *result = PyList_New(count);
    for (int i = 0; result && i < count; i++) {
        PyObject *end = PyLong_FromSsize_t(ends[i]);
        if (!end || PyList_SetItem(result, i, end) < 0) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

PyObject *call_line_key(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer form;
    if (!PyArg_ParseTuple(args, "y*:line_key", &form))
        return NULL;
    uint64_t key = line_key(form.buf, form.len);
    PyBuffer_Release(&form);
    return PyLong_FromUnsignedLongLong(key);
}
