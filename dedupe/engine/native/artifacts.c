/* A widget's leftovers go: ../../clean/artifacts.py says when. */
#include "edits.h"

enum { HEAD = 12, BYLINE_WIDTH = 60, BYLINE_LINES = 3, LONE_RUN = 2 };

static const Rule *rule_of(const Desk *desk, int32_t rule) { return desk->rules->rules + rule - BUILT_IN; }

/* The run of labels of one family from k on; gives where it ends. */
static Py_ssize_t run_end(const Desk *desk, Py_ssize_t k)
{
    int32_t family = rule_of(desk, desk->labels[k])->family;
    while (++k < desk->n && desk->labels[k] != NO_RULE && rule_of(desk, desk->labels[k])->family == family)
        ;
    return k;
}

/* Whether a line may be a byline: short, of several words, and without the marks `lacks`. */
static int reads_like_name(const Desk *desk, const Line *line, int lacks)
{
    if (!(line->flags & LETTERS) || line->flags & lacks || line->width > BYLINE_WIDTH)
        return 0;
    const uint8_t *form = desk->forms + line->form;
    for (Py_ssize_t i = 0; i < line->form_size; i++)
        if (form[i] == ' ' || form[i] >= UNSPACED)
            return 1;
    return 0;
}

/* Whether line k stands between a byline or a date and the first paragraph, as a lone button does. */
static int opens_body(const Desk *desk, Py_ssize_t k)
{
    return k >= 2 && desk->first_prose == k + 1 && reads_like_name(desk, line_at(desk, k - 1), STOP);
}

/* Whether one of the labels from k up to `end` is enough of a run by itself, and vouches for the others. */
static int is_run(const Desk *desk, Py_ssize_t k, Py_ssize_t end)
{
    for (Py_ssize_t i = k; i < end; i++) {
        const Rule *rule = rule_of(desk, desk->labels[i]);
        if (rule->evidence != BESIDE && rule->run <= end - k)
            return 1;
    }
    return 0;
}

/* Labels the lines that rules match, where enough of one family stand together; tells whether any. */
static int label(const Desk *desk)
{
    int any = 0;
    for (Py_ssize_t k = 0; k < desk->n; k++) {
        desk->labels[k] = desk->found[k] == NO_RULE ? line_at(desk, k)->rule : NO_RULE;
        any |= desk->labels[k] != NO_RULE;
    }
    for (Py_ssize_t k = 0, end; any && k < desk->n; k = end) {
        end = k + 1;
        if (desk->labels[k] == NO_RULE)
            continue;
        end = run_end(desk, k);
        if (is_run(desk, k, end))
            continue;
        for (Py_ssize_t i = k; i < end; i++) {
            int32_t run = rule_of(desk, desk->labels[i])->run;
            if (run > end - k && !(run == LONE_RUN && opens_body(desk, i)))
                desk->labels[i] = NO_RULE;
        }
    }
    return any;
}

/* The last line of prose that no rule matches: a prompt of many words is none. */
static Py_ssize_t last_prose(const Desk *desk)
{
    Py_ssize_t k = desk->last_prose;
    while (k >= 0 && !(desk->prose[k] && desk->labels[k] == NO_RULE))
        k--;
    return k;
}

/* Whether line k stands above a short line as a word above its meaning, in an article that parts such
 * entries by blank lines. */
static int heads_entry(const Desk *desk, Py_ssize_t k)
{
    if (k + 1 >= desk->n || !desk->joined[k] || desk->prose[k + 1] || desk->gapless)
        return 0;
    return !(k > 0 && desk->joined[k - 1]) && !(line_at(desk, k + 1)->flags & ARTIFACT);
}

static int has_evidence(const Desk *desk, Py_ssize_t k, const Rule *rule, Py_ssize_t last)
{
    int has_prose = last >= 0, prose_follows = last > k;
    if (rule->evidence == ANYWHERE)
        return 1;
    if (rule->evidence == ALONE)
        return has_prose && !heads_entry(desk, k);
    int in_head = k < HEAD && prose_follows, in_tail = has_prose && !prose_follows;
    return (rule->evidence != TAIL_ONLY && in_head) || (rule->evidence != HEAD_ONLY && in_tail);
}

/* A neighbour that goes too, where it is a copy above with no gap between; or, in the head, a byline right above,
 * and a gap and a headline below. */
static int has_company(const Desk *desk, Py_ssize_t k)
{
    int32_t above = k > 0 ? desk->found[k - 1] : NO_RULE, below = k + 1 < desk->n ? desk->found[k + 1] : NO_RULE;
    if (below != NO_RULE || above >= BUILT_IN || (above != NO_RULE && desk->joined[k - 1]))
        return 1;
    if (k < 1 || k > BYLINE_LINES || desk->last_prose <= k || !desk->joined[k - 1])
        return 0;
    if (desk->joined[k] && desk->joined[k + 1])
        return 0; /* no gap below, nor below the font size */
    Py_ssize_t headline = k + 1 + (desk->joined[k] != 0);
    return reads_like_name(desk, line_at(desk, k - 1), STOP | DIGITS) && headline < desk->n &&
           !(desk->prose[headline] && line_at(desk, headline)->flags & STOP);
}

static void take(Desk *desk, Py_ssize_t k)
{
    int32_t rule = desk->labels[k];
    desk->found[k] = rule;
    /* What goes by a rule of the files keeps it; what is a copy besides gets this one. */
    if (k + 1 < desk->n && desk->found[k + 1] < BUILT_IN && may_follow(desk, rule, line_at(desk, k + 1)))
        desk->found[k + 1] = rule;
}

static void take_in_company(Desk *desk, Py_ssize_t k)
{
    int32_t rule = desk->labels[k];
    if (rule != NO_RULE && desk->found[k] == NO_RULE && rule_of(desk, rule)->evidence == BESIDE && has_company(desk, k))
        take(desk, k);
}

void find_artifacts(Desk *desk)
{
    if (!label(desk))
        return;
    Py_ssize_t last = last_prose(desk);
    for (Py_ssize_t k = 0; k < desk->n; k++) {
        const Rule *rule = desk->labels[k] == NO_RULE ? NULL : rule_of(desk, desk->labels[k]);
        if (rule && rule->evidence != BESIDE && has_evidence(desk, k, rule, last))
            take(desk, k);
    }
    for (Py_ssize_t k = 0; k < desk->n; k++) /* company spreads down the lines, then up */
        take_in_company(desk, k);
    for (Py_ssize_t k = desk->n; k-- > 0;)
        take_in_company(desk, k);
}
