/* The blank lines between the lines that stay: ../../clean/layout.py. */
#include "edits.h"

typedef struct {
    Py_ssize_t first, n;
} Run;

static void keep_run(Desk *desk, Run run)
{
    for (Py_ssize_t p = run.first; p < run.first + run.n; p++)
        desk->kept[desk->n_kept++] = desk->order[p];
}

void close_gaps(Desk *desk, Py_ssize_t first, Py_ssize_t stop)
{
    /* The blank lines since the last line that stays are parted into runs by lines that go: the one at
     * hand, and the one to keep, the longest, or at the beginning of an article the first. */
    Run run = {first, 0}, keep = {first, -1};
    int begun = 0;
    for (Py_ssize_t p = first; p < stop; p++) {
        Py_ssize_t i = desk->order[p];
        if (desk->lines[i].flags & BLANK) {
            run.n++;
            continue;
        }
        if (keep.n < 0 || (begun && run.n > keep.n))
            keep = run;
        run = (Run){p + 1, 0};
        if (desk->gone[i] == NO_RULE) {
            keep_run(desk, keep);
            desk->kept[desk->n_kept++] = i;
            keep.n = -1;
            begun = 1;
        }
    }
    keep_run(desk, run);
}
