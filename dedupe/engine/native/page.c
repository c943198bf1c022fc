/* The article of a page dump: which lines of it go.  What is right stands in ../reference/page.py.
 *
 * A page is measured column by column, and a scorecard's step runs down its three: plain loops that
 * the compiler makes vectors of.  The cost is linear in the bytes and in the lines times the steps.
 */
#include "page.h"

enum { MOST_STEPS = 10000, MOST_ADDED = 100000 }; /* so that a score fits 32 bits */
enum { NUMBER_OF_CARDS = 3, CONDITIONS = 3, STEP = 2 * CONDITIONS + 1 }; /* numbers of a step */
enum { MIN_GOES = 4, LEAST_HEADLINE = -1000, MOSTLY = 700 };
enum { KEEPS_HEADLINE = 1, ON_SHIFT = 8 };
enum { BEFORE, WITHIN, AFTER, NONE, HEADLINE, STAYS };

typedef struct {
    int32_t base;
    const int32_t *steps; /* three columns, each with its bound, and what is added where all are above */
    int32_t count;
} Card;

typedef struct {
    int32_t min_words, min_best; /* of a page that has an article: its words, its best scores, together */
    Card cards[NUMBER_OF_CARDS];
    uint8_t wanted[ALL_COLUMNS]; /* the columns that have steps */
    Py_buffer view;
} Model;

static const char *read_cards(Model *model)
{
    static const char *const fault = "model must be what pack_model gives";
    static const int most[NUMBER_OF_CARDS] = {FIRST_PART, HEAD_PART, ALL_COLUMNS};
    const int32_t *values = model->view.buf;
    Py_ssize_t n = model->view.len / 4, at = 2;
    if (model->view.len % 4 || n < at || (uintptr_t)values % 4)
        return fault;
    model->min_words = values[0];
    model->min_best = values[1];
    memset(model->wanted, 0, sizeof model->wanted);
    for (int c = 0; c < NUMBER_OF_CARDS; c++) {
        if (at + 2 > n || values[at + 1] < 0 || values[at + 1] > (n - at - 2) / STEP || values[at + 1] > MOST_STEPS ||
            values[at] < -MOST_ADDED || values[at] > MOST_ADDED)
            return fault;
        Card *card = &model->cards[c];
        *card = (Card){values[at], values + at + 2, values[at + 1]};
        for (int32_t s = 0; s < card->count; s++) {
            const int32_t *step = card->steps + STEP * s;
            if (step[STEP - 1] < -MOST_ADDED || step[STEP - 1] > MOST_ADDED)
                return fault;
            for (int k = 0; k < STEP - 1; k += 2) {
                if (step[k] < 0 || step[k] >= most[c])
                    return fault;
                model->wanted[step[k]] = 1;
            }
        }
        at += 2 + STEP * (Py_ssize_t)card->count;
    }
    return at == n ? NULL : fault;
}

static int model_open(Model *model, PyObject *object)
{
    if (PyObject_GetBuffer(object, &model->view, PyBUF_SIMPLE) < 0)
        return -1;
    const char *fault = read_cards(model);
    if (fault) {
        PyBuffer_Release(&model->view);
        PyErr_SetString(PyExc_ValueError, fault);
        return -1;
    }
    return 0;
}

VECTOR_CLONES
static void add_step(const Page *page, const int32_t *step, int32_t *restrict scores)
{
    const int32_t *a = page_column(page, step[0]), *b = page_column(page, step[2]), *c = page_column(page, step[4]);
    const int32_t over_a = step[1], over_b = step[3], over_c = step[5], added = step[6];
    for (Py_ssize_t i = 0, n = page->n; i < n; i++)
        scores[i] += (a[i] > over_a) & (b[i] > over_b) & (c[i] > over_c) ? added : 0;
}

static void score_lines(const Page *page, const Card *card, int32_t *scores)
{
    for (Py_ssize_t i = 0; i < page->n; i++)
        scores[i] = card->base;
    for (int32_t s = 0; s < card->count; s++)
        add_step(page, card->steps + STEP * s, scores);
}

/* The rule that each line goes by, or STAYS. */
static void mark_lines(const Page *page, const int32_t *heads, const int32_t *seconds, int is_sure, int32_t min_words,
                       int options, uint8_t *goes)
{
    Py_ssize_t n = page->n, first = -1, last = -1, headline = -1;
    int64_t words = 0, all_words = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        all_words += page_column(page, C_WORDS)[i];
        if (seconds[i] > 0 && !page->is_blank[i]) {
            first = first < 0 ? i : first;
            last = i;
            words += page_column(page, C_WORDS)[i];
        }
    }
    int on[STAYS];
    for (int rule = 0; rule < STAYS; rule++)
        on[rule] = options >> (ON_SHIFT + rule) & 1;
    is_sure |= 1000 * words >= MOSTLY * all_words; /* a text that is an article already */
    if (!is_sure || words < min_words || first < 0) {
        memset(goes, on[NONE] ? NONE : STAYS, (size_t)n);
        return;
    }
    for (Py_ssize_t i = 0; i < first; i++)
        if (heads[i] > LEAST_HEADLINE && (headline < 0 || heads[i] >= heads[headline]))
            headline = i;
    Py_ssize_t begin = headline >= 0 && options & KEEPS_HEADLINE ? headline : first;
    for (Py_ssize_t i = 0; i < n; i++) {
        int rule = i < begin ? BEFORE : i > last ? AFTER : WITHIN;
        if (seconds[i] > 0 && !page->is_blank[i])
            goes[i] = STAYS;
        else if (i == headline)
            goes[i] = options & KEEPS_HEADLINE || !on[HEADLINE] ? STAYS : HEADLINE;
        else if (page->is_blank[i] && i)
            goes[i] = goes[i - 1];
        else
            goes[i] = (uint8_t)(on[rule] ? rule : STAYS);
    }
    if (last + 1 < n && memchr(goes + last + 1, AFTER, (size_t)(n - last - 1)))
        for (Py_ssize_t i = last + 1; page->is_blank[i]; i++)
            goes[i] = AFTER;
}

/* Rows that grow. */
typedef struct {
    int64_t *rows;
    Py_ssize_t n, room;
} Rows;

static int add_row(Rows *rows, int64_t document, int64_t start, int64_t end, int64_t rule)
{
    int64_t *larger = with_room(rows->rows, rows->n, &rows->room, 4 * sizeof *larger);
    if (!larger)
        return -1;
    rows->rows = larger;
    memcpy(rows->rows + 4 * rows->n++, (int64_t[]){document, start, end, rule}, 4 * sizeof(int64_t));
    return 0;
}

static int add_spans(Rows *rows, const Page *page, int64_t document, const uint8_t *goes)
{
    Py_ssize_t n = page->n, count = 0, last = -1, first_row = rows->n;
    for (Py_ssize_t i = 0; i < n; i++) {
        count += goes[i] != STAYS && !page->is_blank[i];
        last = goes[i] == STAYS ? i : last;
    }
    if (count < MIN_GOES)
        return 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (goes[i] == STAYS)
            continue;
        int64_t *row = rows->n > first_row ? rows->rows + 4 * (rows->n - 1) : NULL;
        if (row && row[2] == page->start[i] && row[3] == goes[i])
            row[2] = page->next[i];
        else if (add_row(rows, document, page->start[i], page->next[i], goes[i]) < 0)
            return -1;
    }
    /* A text without a final line ending: the line that is now the last gives up its own. */
    if (last >= 0 && last < n - 1 && page->text_end[-1] != '\n')
        for (Py_ssize_t r = first_row; r < rows->n; r++)
            if (rows->rows[4 * r + 1] >= page->next[last]) {
                rows->rows[4 * r + 1] = page->stop[last];
                break;
            }
    return 0;
}

static int is_long_page(const uint8_t *at, const uint8_t *end)
{
    Py_ssize_t feeds = 0;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        feeds++;
    }
    return feeds >= MAX_PAGE_LINES;
}

static int find_spans(Rows *rows, Page *page, const uint8_t *at, const uint8_t *end, int64_t document,
                      const Model *model, int options)
{
    if (at == end || is_long_page(at, end))
        return 0;
    if (page_read(page, at, end) < 0 || page_around(page) < 0)
        return -1;
    int32_t *heads = malloc((size_t)page->n * (2 * sizeof *heads + 1));
    if (!heads)
        return -1;
    int32_t *scores = heads + page->n;
    uint8_t *goes = (uint8_t *)(scores + page->n);
    score_lines(page, &model->cards[0], heads);
    int failed = page_head(page, heads) < 0;
    score_lines(page, &model->cards[1], scores);
    int64_t best_head = heads[0], best_first = scores[0];
    for (Py_ssize_t i = 1; i < page->n; i++) {
        best_head = heads[i] > best_head ? heads[i] : best_head;
        best_first = scores[i] > best_first ? scores[i] : best_first;
    }
    int is_sure = best_head + best_first >= model->min_best;
    failed = failed || page_second(page, scores) < 0;
    if (!failed) {
        score_lines(page, &model->cards[2], scores);
        mark_lines(page, heads, scores, is_sure, model->min_words, options, goes);
        failed = add_spans(rows, page, document, goes) < 0;
    }
    free(heads);
    return failed ? -1 : 0;
}

PyObject *call_pages(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *needle_object, *vocabulary_object, *model_object, *result = NULL;
    int options;
    if (!PyArg_ParseTuple(args, "OOOOOi:pages", &text, &offsets, &needle_object, &vocabulary_object, &model_object,
                          &options))
        return NULL;
    Batch batch;
    Needles needles;
    Vocabulary vocabulary;
    Model model;
    if (batch_open(&batch, text, offsets) < 0)
        return NULL;
    if (needles_open(&needles, needle_object) < 0)
        goto no_needles;
    if (vocabulary_open(&vocabulary, vocabulary_object) < 0)
        goto no_vocabulary;
    if (model_open(&model, model_object) < 0)
        goto no_model;
    Rows rows = {NULL, 0, 0};
    int failed = 0;
    Py_BEGIN_ALLOW_THREADS
    Page page;
    page_open(&page, &needles, &vocabulary);
    page.wanted = model.wanted;
    for (Py_ssize_t i = 0; i < batch.n && !failed; i++)
        failed = find_spans(&rows, &page, batch.text + batch.offsets[i], batch.text + batch.offsets[i + 1], i, &model,
                            options) < 0;
    page_close(&page);
    Py_END_ALLOW_THREADS
    result = failed ? PyErr_NoMemory()
                    : PyBytes_FromStringAndSize((const char *)rows.rows, rows.n * 4 * (Py_ssize_t)sizeof(int64_t));
    free(rows.rows);
    PyBuffer_Release(&model.view);
no_model:
    PyBuffer_Release(&vocabulary.view);
no_vocabulary:
    PyBuffer_Release(&needles.view);
no_needles:
    batch_close(&batch);
    return result;
}

/* The scores of a page's lines, or none; 0, or -1 with a Python exception set. */
static int scores_open(Py_buffer *view, PyObject *object, Py_ssize_t n, const char *name)
{
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) < 0)
        return -1;
    if (view->len && (view->len != n * 4 || (uintptr_t)view->buf % 4)) {
        PyErr_Format(PyExc_ValueError, "%s must be empty or one int32 a line", name);
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

/* The columns of an open page, by the scores there are. */
static PyObject *measure(Page *page, PyObject *head_object, PyObject *first_object)
{
    Py_buffer heads, firsts;
    if (scores_open(&heads, head_object, page->n, "heads") < 0)
        return NULL;
    if (scores_open(&firsts, first_object, page->n, "firsts") < 0) {
        PyBuffer_Release(&heads);
        return NULL;
    }
    int failed = 0;
    Py_ssize_t columns = FIRST_PART;
    if (page->n > MAX_PAGE_LINES) {
        PyErr_Format(PyExc_ValueError, "a page has at most %d lines", MAX_PAGE_LINES);
        failed = 1;
    } else if (page->n) {
        failed = page_around(page) < 0;
        if (!failed && heads.len) {
            columns = HEAD_PART;
            failed = page_head(page, heads.buf) < 0;
            if (!failed && firsts.len) {
                columns = ALL_COLUMNS;
                failed = page_second(page, firsts.buf) < 0;
            }
        }
        if (failed)
            PyErr_NoMemory();
    }
    PyBuffer_Release(&firsts);
    PyBuffer_Release(&heads);
    return failed ? NULL : PyBytes_FromStringAndSize((const char *)page->x, page->n * columns * 4);
}

PyObject *call_page_columns(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *document, *needle_object, *vocabulary_object, *heads, *firsts, *result = NULL;
    if (!PyArg_ParseTuple(args, "OOOOO:page_columns", &document, &needle_object, &vocabulary_object, &heads, &firsts))
        return NULL;
    Py_buffer view;
    Needles needles;
    Vocabulary vocabulary;
    if (PyObject_GetBuffer(document, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    if (needles_open(&needles, needle_object) < 0)
        goto no_needles;
    if (vocabulary_open(&vocabulary, vocabulary_object) < 0)
        goto no_vocabulary;
    Page page;
    page_open(&page, &needles, &vocabulary);
    if (page_read(&page, view.buf, (const uint8_t *)view.buf + view.len) < 0)
        PyErr_NoMemory();
    else
        result = measure(&page, heads, firsts);
    page_close(&page);
    PyBuffer_Release(&vocabulary.view);
no_vocabulary:
    PyBuffer_Release(&needles.view);
no_needles:
    PyBuffer_Release(&view);
    return result;
}
