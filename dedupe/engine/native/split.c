/* Captures cut into their articles, a batch in one call: ../../split.py says where. */
#include "edits.h"

#include "gaps.h"

/* What is found, grown as it comes: where articles begin, and whose they are. */
typedef struct {
    int64_t *starts, *owners;
    Py_ssize_t n, room;
} Articles;

static int articles_add(Articles *articles, int64_t start, int64_t owner)
{
    if (articles->n == articles->room) {
        Py_ssize_t room = 2 * articles->room + 64;
        int64_t *starts = realloc(articles->starts, (size_t)room * sizeof *starts);
        articles->starts = starts ? starts : articles->starts;
        int64_t *owners = realloc(articles->owners, (size_t)room * sizeof *owners);
        articles->owners = owners ? owners : articles->owners;
        if (!starts || !owners)
            return -1;
        articles->room = room;
    }
    articles->starts[articles->n] = start;
    articles->owners[articles->n++] = owner;
    return 0;
}

/* The articles of one document, which begins at `base`; 0, or -1 for want of memory. */
static int split_document(Desk *desk, const Batch *batch, Py_ssize_t i, Articles *articles)
{
    int64_t base = batch->offsets[i];
    Py_ssize_t size = (Py_ssize_t)(batch->offsets[i + 1] - base);
    const uint8_t *text = batch->text + base;
    if (articles_add(articles, base, i) < 0)
        return -1;
    int mark = has_gap(text, text + size, &desk->scratch);
    if (mark <= 0)
        return mark;
    if (desk_read(desk, text, size) < 0 || desk_lay(desk) < 0)
        return -1;
    for (Py_ssize_t at = next_article(desk, 0); at < desk->n_order; at = next_article(desk, at))
        if (articles_add(articles, base + desk->lines[at].start, i) < 0)
            return -1;
    return 0;
}

/* articles(text, offsets): int64 starts of all articles, and the end of the last one; int64 documents that they are of. */
PyObject *call_articles(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text, *offsets, *result = NULL;
    if (!PyArg_ParseTuple(args, "OO:articles", &text, &offsets))
        return NULL;
    Batch batch;
    if (batch_open(&batch, text, offsets) < 0)
        return NULL;
    Articles articles = {NULL, NULL, 0, 0};
    int failed;
    Py_BEGIN_ALLOW_THREADS
    Desk desk;
    Rules none;
    memset(&none, 0, sizeof none);
    failed = desk_open(&desk, &none, (Wanted){1, 0, 0}) < 0;
    for (Py_ssize_t i = 0; i < batch.n && !failed; i++)
        failed = split_document(&desk, &batch, i, &articles) < 0;
    desk_close(&desk);
    failed = failed || articles_add(&articles, batch.offsets[batch.n], batch.n) < 0;
    Py_END_ALLOW_THREADS
    if (failed)
        PyErr_NoMemory();
    else
        result = Py_BuildValue("y#y#", (const char *)articles.starts, articles.n * (Py_ssize_t)sizeof(int64_t),
                               (const char *)articles.owners, (articles.n - 1) * (Py_ssize_t)sizeof(int64_t));
    free(articles.starts);
    free(articles.owners);
    batch_close(&batch);
    return result;
}
