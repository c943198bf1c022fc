/* What is taken out of documents, a batch in one call: ../../clean/decisions.py says what, and scan
 * (lines.c) which documents are not worth a look. */
#include "edits.h"

enum { MAX_ROUNDS = 32 }; /* what has not come to rest then is no article, and stays as it is */
enum { SPLITS = 1, DROPS_CAPTIONS = 2, ON_SHIFT = 8 }; /* options: two flags, and a bit for each built-in rule */

/* The answer's rows, grown as they come. */
typedef struct {
    Edit *rows;
    Py_ssize_t n, room;
} Edits;

static int edits_add(Edits *edits, Edit edit)
{
    Edit *rows = with_room(edits->rows, edits->n, &edits->room, sizeof *rows);
    if (!rows)
        return -1;
    edits->rows = rows;
    edits->rows[edits->n++] = edit;
    return 0;
}

/* Takes what goes out of one article; tells whether anything does. */
static int clean_article(Desk *desk)
{
    int any = 0;
    if (desk->wanted.on)
        find_repeats(desk);
    find_artifacts(desk);
    for (Py_ssize_t k = 0; k < desk->n; k++) {
        if (desk->found[k] != NO_RULE) {
            desk->gone[desk->ids[k]] = desk->found[k];
            any = 1;
        }
    }
    return any;
}

/* Article by article, again and again until nothing more goes, so that a second cleaning changes
 * nothing.  What is left is desk->order; 0 where that takes too many rounds. */
static int clean_document(Desk *desk)
{
    for (int round = 0; round < MAX_ROUNDS; round++) {
        int any = 0;
        desk->n_kept = 0;
        for (Py_ssize_t first = 0, stop; first < desk->n_order; first = stop) {
            stop = desk->wanted.splits ? next_article(desk, first) : desk->n_order;
            article_take(desk, first, stop);
            any |= clean_article(desk);
            close_gaps(desk, first, stop);
        }
        if (!any)
            return 1;
        Py_ssize_t *order = desk->order;
        desk->order = desk->kept;
        desk->kept = order;
        desk->n_order = desk->n_kept;
    }
    return 0;
}

/* One row for each line that goes of those from `first` up to `stop`, where the next one that stays is;
 * blank lines go with the one above them, or at first below. */
static int cut(const Desk *desk, Edits *edits, int64_t document, Py_ssize_t first, Py_ssize_t stop, Py_ssize_t start)
{
    const Line *lines = desk->lines;
    int32_t rule = NO_RULE;
    for (Py_ssize_t i = first; i < stop; i++) {
        if (desk->gone[i] == NO_RULE)
            continue;
        if (rule != NO_RULE) {
            if (edits_add(edits, (Edit){document, start, lines[i].start, rule}) < 0)
                return -1;
            start = lines[i].start;
        }
        rule = desk->gone[i];
    }
    return rule == NO_RULE ? 0 : edits_add(edits, (Edit){document, start, lines[stop - 1].next, rule});
}

static int splice_lines(const Desk *desk, Edits *edits, int64_t document)
{
    const Line *lines = desk->lines;
    Py_ssize_t n = desk->n_lines, after = 0; /* the line behind the last one that stays */
    for (Py_ssize_t p = 0; p <= desk->n_order; p++) {
        Py_ssize_t i = p < desk->n_order ? desk->order[p] : n;
        if (i > after) {
            Py_ssize_t start = lines[after].start;
            /* Without a final line ending, the line that is now the last gives up its own. */
            if (i == n && after > 0 && lines[n - 1].end == lines[n - 1].next)
                start = lines[after - 1].end;
            if (cut(desk, edits, document, after, i, start) < 0)
                return -1;
        }
        after = i + 1;
    }
    return 0;
}

/* 0, or -1 for want of memory. */
static int add_edits(Desk *desk, Edits *edits, const Batch *batch, const char *skips, const int32_t *sources)
{
    for (Py_ssize_t i = 0; i < batch->n; i++) {
        if (skips[i])
            continue;
        Py_ssize_t size = (Py_ssize_t)(batch->offsets[i + 1] - batch->offsets[i]);
        desk->source = sources ? sources[i] : NO_SOURCE;
        int marks = desk_read(desk, batch->text + batch->offsets[i], size);
        if (marks == 0)
            continue;
        if (marks < 0 || desk_lay(desk) < 0 || (clean_document(desk) && splice_lines(desk, edits, i) < 0))
            return -1;
    }
    return 0;
}

static PyObject *find_edits(const Batch *batch, const char *skips, const int32_t *sources, const Rules *rules,
                            Wanted wanted)
{
    Desk desk;
    Edits edits = {NULL, 0, 0};
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = desk_open(&desk, rules, wanted) < 0 || add_edits(&desk, &edits, batch, skips, sources) < 0;
    desk_close(&desk);
    Py_END_ALLOW_THREADS
    PyObject *result = failed ? PyErr_NoMemory()
                              : PyBytes_FromStringAndSize((const char *)edits.rows, edits.n * (Py_ssize_t)sizeof(Edit));
    free(edits.rows);
    return result;
}

PyObject *call_edits(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *needles, *blob, *result = NULL;
    Py_buffer skips, sources = {0};
    unsigned long options;
    if (!PyArg_ParseTuple(args, "OOy*OOk|y*:edits", &text, &offsets, &skips, &needles, &blob, &options, &sources))
        return NULL;
    Batch batch;
    Rules rules;
    if (batch_open(&batch, text, offsets) == 0) {
        if (skips.len != batch.n) {
            PyErr_SetString(PyExc_ValueError, "skips must hold one byte a document");
        } else if (sources.len && (sources.len != 4 * batch.n || (uintptr_t)sources.buf % 4)) {
            PyErr_SetString(PyExc_ValueError, "sources must be empty or hold one int32 a document");
        } else if (rules_open(&rules, needles, blob) == 0) {
            Wanted wanted = {options & SPLITS, (options & DROPS_CAPTIONS) != 0, (uint32_t)(options >> ON_SHIFT)};
            result = find_edits(&batch, skips.buf, sources.len ? sources.buf : NULL, &rules, wanted);
            rules_close(&rules);
        }
        batch_close(&batch);
    }
    PyBuffer_Release(&skips);
    if (sources.obj)
        PyBuffer_Release(&sources);
    return result;
}
