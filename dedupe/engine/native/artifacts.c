/* A widget's leftovers go: ../../clean/artifacts.py says when. */
#include "edits.h"

enum { HEAD = 12, BYLINE_WIDTH = 60, BYLINE_LINES = 3 };

static const Rule *rule_of(const Desk *desk, int32_t rule) { return desk->rules->rules + rule - BUILT_IN; }

/* The run of labels of one family from k on; gives where it ends. */
static Py_ssize_t run_end(const Desk *desk, Py_ssize_t k)
{
    int32_t family = rule_of(desk, desk->labels[k])->family;
    while (++k < desk->n && desk->labels[k] != NO_RULE && rule_of(desk, desk->labels[k])->family == family)
        ;
    return k;
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
        for (Py_ssize_t i = k; i < end; i++)
            if (rule_of(desk, desk->labels[i])->run > end - k)
                desk->labels[i] = NO_RULE;
    }
    return any;
}

/* Whether line k stands above a short line as a word above its meaning, in an article that parts such
 * entries by blank lines. */
static int heads_entry(const Desk *desk, Py_ssize_t k)
{
    if (k + 1 >= desk->n || !desk->joined[k] || desk->prose[k + 1] || desk->gapless)
        return 0;
    return !(k > 0 && desk->joined[k - 1]) && !(line_at(desk, k + 1)->flags & ARTIFACT);
}

static int has_evidence(const Desk *desk, Py_ssize_t k, const Rule *rule)
{
    int has_prose = desk->last_prose >= 0, prose_follows = desk->last_prose > k;
    if (rule->evidence == ANYWHERE)
        return 1;
    if (rule->evidence == ALONE)
        return has_prose && !heads_entry(desk, k);
    int in_head = k < HEAD && prose_follows, in_tail = has_prose && !prose_follows;
    return (rule->evidence != TAIL_ONLY && in_head) || (rule->evidence != HEAD_ONLY && in_tail);
}

static int reads_like_name(const Desk *desk, const Line *line)
{
    if (!(line->flags & LETTERS) || line->flags & (STOP | DIGITS) || line->width > BYLINE_WIDTH)
        return 0;
    const uint8_t *form = desk->forms + line->form;
    for (Py_ssize_t i = 0; i < line->form_size; i++)
        if (form[i] == ' ' || form[i] >= UNSPACED)
            return 1;
    return 0;
}

/* A neighbour that goes too, or, in the head, a byline right above, and a gap and a headline below. */
static int has_company(const Desk *desk, Py_ssize_t k)
{
    if ((k > 0 && desk->found[k - 1] != NO_RULE) || (k + 1 < desk->n && desk->found[k + 1] != NO_RULE))
        return 1;
    if (k < 1 || k > BYLINE_LINES || desk->last_prose <= k || !desk->joined[k - 1])
        return 0;
    if (desk->joined[k] && desk->joined[k + 1])
        return 0; /* no gap below, nor below the font size */
    Py_ssize_t headline = k + 1 + (desk->joined[k] != 0);
    return reads_like_name(desk, line_at(desk, k - 1)) && headline < desk->n &&
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
    for (Py_ssize_t k = 0; k < desk->n; k++) {
        const Rule *rule = desk->labels[k] == NO_RULE ? NULL : rule_of(desk, desk->labels[k]);
        if (rule && rule->evidence != BESIDE && has_evidence(desk, k, rule))
            take(desk, k);
    }
    for (Py_ssize_t k = 0; k < desk->n; k++) /* company spreads down the lines, then up */
        take_in_company(desk, k);
    for (Py_ssize_t k = desk->n; k-- > 0;)
        take_in_company(desk, k);
}
