/* Where the text of each row of a CSV or TSV block lies, its quotes resolved: ../reference/table.py, said fast.
 *
 * One sweep, row by row and field by field. Inside quotes, where texts of any length are, memchr runs to the next
 * quote; outside, a table of 256 bytes tells what ends a field. Cost: m bytes once, at most m bytes of text.
 */
#include "native.h"
#include <stdbool.h>

#include "jsonl.h"

enum { FOUND, BLANK, NOT_UTF8 = 6, WIDTH, UNCLOSED, STRAY }; /* as in the reference */
enum { DIALECT_BYTES = 3 };

typedef struct {
    uint8_t delimiter, quote, escape; /* 0: there is none */
    bool stops[256];                  /* what is no plain byte of a field that is not quoted */
} Dialect;

typedef struct {
    const uint8_t *from, *to; /* the raw content of the field that was asked for, its quotes left out */
    bool is_quoted, is_stray, is_open, is_blank;
    int64_t width;
} Row;

static bool read_dialect(Dialect *dialect, const Py_buffer *bytes)
{
    const uint8_t *values = bytes->buf;
    if (bytes->len != DIALECT_BYTES || !values[0])
        return false;
    *dialect = (Dialect){values[0], values[1], values[2], {false}};
    dialect->stops[dialect->delimiter] = dialect->stops['\r'] = dialect->stops['\n'] = true;
    if (dialect->escape)
        dialect->stops[dialect->escape] = true;
    return true;
}

/* From behind an opening quote to the closing one; `end` where there is none. */
static const uint8_t *find_closing(const uint8_t *p, const uint8_t *end, const Dialect *dialect)
{
    for (;;) {
        const uint8_t *quote = memchr(p, dialect->quote, (size_t)(end - p));
        const uint8_t *stop = quote ? quote : end;
        const uint8_t *escape = dialect->escape ? memchr(p, dialect->escape, (size_t)(stop - p)) : NULL;
        if (escape)
            p = end - escape > 2 ? escape + 2 : end;
        else if (stop + 1 < end && stop[1] == dialect->quote)
            p = stop + 2;
        else
            return stop;
    }
}

/* Reads one row from p; gives where the next one begins. */
static const uint8_t *read_row(const uint8_t *p, const uint8_t *end, const Dialect *dialect, int64_t column, Row *row)
{
    *row = (Row){.is_blank = *p == '\r' || *p == '\n'};
    for (;;) {
        const uint8_t *from = p, *to = p;
        bool is_quoted = dialect->quote && p < end && *p == dialect->quote;
        if (is_quoted) {
            from = p + 1;
            to = p = find_closing(from, end, dialect);
            row->is_open |= p == end;
            p += p < end;
            row->is_stray |= p < end && *p != dialect->delimiter && *p != '\r' && *p != '\n';
        }
        const uint8_t *plain = p;
        for (;;) {
            while (p < end && !dialect->stops[*p])
                p++;
            if (p == end || *p != dialect->escape || !dialect->escape)
                break;
            /* An escape at the end has lost what it was for, an escaped line end the line that was to follow. */
            row->is_open |= end - p < 2 || (end - p == 2 && (p[1] == '\r' || p[1] == '\n'));
            p = end - p < 2 ? end : p + 2;
        }
        if (!is_quoted || p != plain)
            to = p;
        if (row->width++ == column) {
            row->from = from;
            row->to = to;
            row->is_quoted = is_quoted;
        }
        if (p == end)
            return end;
        if (*p++ == dialect->delimiter)
            continue;
        if (p[-1] == '\r' && p < end && *p == '\n')
            p++;
        return p;
    }
}

/* Writes the value of a field; gives the end of what was written. */
static uint8_t *write_value(const Row *row, const Dialect *dialect, uint8_t *text)
{
    const uint8_t *p = row->from;
    while (p < row->to) {
        size_t left = (size_t)(row->to - p);
        const uint8_t *quote = row->is_quoted ? memchr(p, dialect->quote, left) : NULL;
        const uint8_t *escape = dialect->escape ? memchr(p, dialect->escape, quote ? (size_t)(quote - p) : left) : NULL;
        const uint8_t *stop = escape ? escape : quote ? quote : row->to;
        memcpy(text, p, (size_t)(stop - p));
        text += stop - p;
        p = stop;
        if (p < row->to) { /* of two quotes the second is the text, and what stands behind an escape */
            *text++ = p[1];
            p += 2;
        }
    }
    return text;
}

typedef struct {
    int64_t *starts, *spans, *offsets;
    uint8_t *text, *status;
    size_t n, room;
    int64_t used;
} Rows;

static bool grow(Rows *rows)
{
    size_t room = rows->room ? 2 * rows->room : 1024;
    int64_t *starts = realloc(rows->starts, (room + 1) * sizeof *starts);
    if (starts)
        rows->starts = starts;
    int64_t *spans = realloc(rows->spans, 2 * room * sizeof *spans);
    if (spans)
        rows->spans = spans;
    int64_t *offsets = realloc(rows->offsets, (room + 1) * sizeof *offsets);
    if (offsets)
        rows->offsets = offsets;
    uint8_t *status = realloc(rows->status, room);
    if (status)
        rows->status = status;
    rows->room = room;
    return starts && spans && offsets && status;
}

static uint8_t find_status(const Row *row, int64_t width, bool is_sound)
{
    if (row->is_blank)
        return BLANK;
    if (row->is_open)
        return UNCLOSED;
    if (row->is_stray)
        return STRAY;
    if (row->width != width)
        return WIDTH;
    return is_sound ? FOUND : NOT_UTF8;
}

/* Reads all rows of a block; false: no memory. */
static bool read_rows(const uint8_t *block, Py_ssize_t size, const Dialect *dialect, int64_t column, int64_t width,
                      Rows *rows)
{
    const uint8_t *p = block, *end = block + size;
    const bool is_sound = jsonl_is_utf8(block, size);
    if (!grow(rows))
        return false;
    while (p < end) {
        if (rows->n == rows->room && !grow(rows))
            return false;
        Row row;
        const uint8_t *next = read_row(p, end, dialect, column, &row);
        uint8_t status = find_status(&row, width, is_sound || jsonl_is_utf8(p, next - p));
        rows->starts[rows->n] = p - block;
        rows->offsets[rows->n] = rows->used;
        rows->spans[2 * rows->n] = status ? 0 : row.from - block;
        rows->spans[2 * rows->n + 1] = status ? 0 : row.to - block;
        rows->status[rows->n++] = status;
        if (!status)
            rows->used = write_value(&row, dialect, rows->text + rows->used) - rows->text;
        p = next;
    }
    rows->starts[rows->n] = size;
    rows->offsets[rows->n] = rows->used;
    return true;
}

/* rows(block, dialect, column, width) -> (starts, spans, text, offsets, status) */
PyObject *call_rows(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer block, bytes;
    long long column, width;
    if (!PyArg_ParseTuple(args, "y*y*LL:rows", &block, &bytes, &column, &width))
        return NULL;
    PyObject *result = NULL;
    Rows rows = {0};
    Dialect dialect;
    bool is_made = false;
    PyObject *text = NULL;
    if (!read_dialect(&dialect, &bytes) || column < 0 || column >= width) {
        PyErr_SetString(PyExc_ValueError, "a dialect has three bytes, the first not 0, and a column is one of width");
    } else if ((text = PyByteArray_FromStringAndSize(NULL, block.len))) {
        rows.text = (uint8_t *)PyByteArray_AsString(text);
        Py_BEGIN_ALLOW_THREADS
        is_made = read_rows(block.buf, block.len, &dialect, column, width, &rows);
        Py_END_ALLOW_THREADS
        if (!is_made)
            PyErr_NoMemory();
        else if (PyByteArray_Resize(text, (Py_ssize_t)rows.used) == 0)
            result = Py_BuildValue("y#y#Oy#y#", rows.starts, (Py_ssize_t)((rows.n + 1) * sizeof(int64_t)), rows.spans,
                                   (Py_ssize_t)(2 * rows.n * sizeof(int64_t)), text, rows.offsets,
                                   (Py_ssize_t)((rows.n + 1) * sizeof(int64_t)), rows.status, (Py_ssize_t)rows.n);
    }
    free(rows.starts);
    free(rows.spans);
    free(rows.offsets);
    free(rows.status);
    Py_XDECREF(text);
    PyBuffer_Release(&block);
    PyBuffer_Release(&bytes);
    return result;
}

/* rows_end(block, dialect) -> where the last row ends that is whole whatever follows the block */
PyObject *call_rows_end(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer block, bytes;
    if (!PyArg_ParseTuple(args, "y*y*:rows_end", &block, &bytes))
        return NULL;
    PyObject *result = NULL;
    Dialect dialect;
    if (!read_dialect(&dialect, &bytes)) {
        PyErr_SetString(PyExc_ValueError, "a dialect has three bytes, the first not 0");
    } else {
        const uint8_t *from = block.buf, *end = from + block.len, *p = from, *whole = from;
        Row row;
        Py_BEGIN_ALLOW_THREADS
        while (p < end) {
            p = read_row(p, end, &dialect, -1, &row);
            if (!row.is_open && p[-1] == '\n') /* an LF may follow a CR, and belongs to it */
                whole = p;
            else if (p < end)
                whole = p;
        }
        Py_END_ALLOW_THREADS
        result = PyLong_FromSsize_t(whole - from);
    }
    PyBuffer_Release(&block);
    PyBuffer_Release(&bytes);
    return result;
}
