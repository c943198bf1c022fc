/* What stands around a line of a page dump, and what scores say: ../reference/page_context.py. */
#include "page.h"

enum {
    SHORT_WORDS = 8,
    SENTENCE_WORDS = 6,
    MOST_AWAY = 200,
    MOST_TO_BLOCK = 300,
    MOST_RANK = 9,
    MOST_PROSE_BEFORE = 3000,
    HEADLINE_BEFORE = -100,
    HEADLINE_BEHIND = 300,
    MOST_SCORE = 9000,
    NO_SCORE = -9900,
    LEAST_SURE = 16,
    MOST_ARTICLE_AWAY = 100,
    TOPIC_SHARE = 4,
    TOPIC_SCORE = 12,
    INTERVAL_WORDS = 60
};

/* The columns that neighbours tell, in the order of ../page_columns.py. */
static const int AT_1[] = {C_WORDS, C_LENGTH, C_ENDS, C_LOWERS, C_CAPITALS, C_RULE, C_COPIES, C_TIME, C_SHARED, C_NEAR,
                           C_SENTENCES, C_CREDIT, C_SITE, C_TALK, C_AUTHOR, C_MORE, C_DIGITS, C_COLON,
                           C_ENDS_QUESTION, C_READER, C_ABOUT, C_CREDIT_END, C_COPYRIGHT, C_BARS};
static const int AT_2[] = {C_WORDS, C_ENDS, C_LOWERS, C_RULE, C_COPIES, C_TIME, C_CREDIT, C_SITE, C_MORE};
static const int AT_3[] = {C_WORDS, C_ENDS};
static const int TOLD[] = {C_COPIES, C_RULE, C_TIME, C_SITE, C_TALK, C_CREDIT, C_MORE, C_AUTHOR, C_ADDRESS, C_COPYRIGHT,
                           C_READER, C_ABOUT, C_CREDIT_END};
static const int SPANS[] = {2, 4, 8, 16, 32}, SHORT_SPANS[] = {4, 8, 16}, GAPS[] = {1, 3, 6, 12};
static const int TOLD_SPANS[] = {5, 15}, FIRST_SPANS[] = {4, 8, 16, 32}, CUTS[] = {64, 100, 128};
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static inline int64_t clip(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* 0 to 256: how sure a score is that a line belongs. */
static inline int32_t certainty(int32_t score)
{
    return (int32_t)(clip((int64_t)score + 2000, 0, 4000) * 256 / 4000);
}

static void find_kept(Page *page)
{
    const int32_t *words = page_column(page, C_WORDS), *length = page_column(page, C_LENGTH);
    const int32_t *copies = page_column(page, C_COPIES), *rule = page_column(page, C_RULE);
    int32_t n = 0;
    for (Py_ssize_t i = 0; i < page->n; i++) {
        page->drops[i] = length[i] == 0 || (words[i] < SHORT_WORDS && (copies[i] > 2 || rule[i] > 0));
        page->before[i] = n;
        if (!page->drops[i])
            page->kept[n++] = (int32_t)i;
        page->after[i] = n;
    }
    page->n_kept = n;
}

/* Fills a column with the values of the lines `step` away that count. */
static void fill_neighbours(Page *page, const int32_t *values, int step, int32_t missing, int32_t *to)
{
    if (!page_wants(page, to, 1))
        return;
    for (Py_ssize_t i = 0; i < page->n; i++) {
        int32_t k = step < 0 ? page->before[i] + step : page->after[i] + step - 1;
        to[i] = k >= 0 && k < page->n_kept ? values[page->kept[k]] : missing;
    }
}

/* Sums over the lines that count: sums[k] is that of the first k. */
static void sum_kept(const Page *page, const int32_t *values, int64_t *sums)
{
    sums[0] = 0;
    for (int32_t k = 0; k < page->n_kept; k++)
        sums[k + 1] = sums[k] + values[page->kept[k]];
}

static inline int64_t window(const Page *page, const int64_t *sums, Py_ssize_t i, int span)
{
    int32_t low = span < 0 ? page->before[i] + span : page->after[i];
    int32_t high = span < 0 ? page->before[i] : page->after[i] + span;
    return sums[high < page->n_kept ? high : page->n_kept] - sums[low > 0 ? low : 0];
}

/* How many lines that count lie between each line and the last one that is flagged. */
static void fill_away(const Page *page, const uint8_t *flags, int is_forward, int32_t most, int32_t *to)
{
    int32_t lines = most;
    for (Py_ssize_t k = 0; k < page->n; k++) {
        Py_ssize_t i = is_forward ? k : page->n - 1 - k;
        to[i] = lines;
        if (flags[i])
            lines = 0;
        else if (!page->drops[i])
            lines = lines < most ? lines + 1 : most;
    }
}

typedef struct {
    int64_t words;
    int32_t block;
} Ranked;

static int by_words(const void *one, const void *other)
{
    const Ranked *a = one, *b = other;
    if (a->words != b->words)
        return a->words < b->words ? 1 : -1;
    return a->block < b->block ? -1 : 1;
}

/* Five columns from `to` on, for blocks with gaps of at most `gap` lines; `sums` are those of prose. */
static int fill_blocks(Page *page, const uint8_t *is_long, const int64_t *sums, int64_t total, int gap, int32_t *to)
{
    Py_ssize_t n = page->n;
    int32_t *first = page->blocks, *last = first + n, count = 0;
    if (!page_wants(page, to, 5))
        return 0;
    for (int32_t k = 0; k < page->n_kept; k++) {
        if (!is_long[page->kept[k]])
            continue;
        if (count && k - last[count - 1] <= gap + 1) {
            last[count - 1] = k;
        } else {
            first[count] = last[count] = k;
            count++;
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        to[i] = to[n + i] = 0;
        to[2 * n + i] = MOST_RANK;
        to[3 * n + i] = -MOST_TO_BLOCK;
        to[4 * n + i] = -1;
    }
    if (!count)
        return 0;
    Ranked *order = malloc((size_t)count * sizeof *order);
    if (!order)
        return -1;
    for (int32_t block = 0; block < count; block++)
        order[block] = (Ranked){sums[last[block] + 1] - sums[first[block]], block};
    qsort(order, (size_t)count, sizeof *order, by_words);
    int32_t begin = first[order[0].block], end = last[order[0].block];
    for (Py_ssize_t i = 0; i < n; i++) {
        int32_t k = page->before[i];
        to[3 * n + i] = (int32_t)clip(k < begin ? k - begin : k > end ? k - end : 0, -MOST_TO_BLOCK, MOST_TO_BLOCK);
    }
    for (int32_t rank = 0; rank < count; rank++) {
        int32_t a = first[order[rank].block], b = last[order[rank].block];
        for (Py_ssize_t i = page->kept[a]; i <= page->kept[b]; i++) {
            to[i] = (int32_t)(1000 * order[rank].words / total);
            to[n + i] = (int32_t)order[rank].words;
            to[2 * n + i] = rank < MOST_RANK ? rank : MOST_RANK;
            to[4 * n + i] = (int32_t)(1000 * (int64_t)(page->before[i] - a) / (b - a + 1));
        }
    }
    free(order);
    return 0;
}

/* Fills columns with neighbours' values and gives where the next one begins. */
static int32_t *fill_all_neighbours(Page *page, const int *columns, int count, int d, int32_t *to)
{
    for (int c = 0; c < count; c++) {
        fill_neighbours(page, page_column(page, columns[c]), -d, -1, to);
        fill_neighbours(page, page_column(page, columns[c]), d, -1, to + page->n);
        to += 2 * page->n;
    }
    return to;
}

/* How many of the lines within `span` have something, on either side. */
static void fill_told(const Page *page, int column, int span, int64_t *sums, int32_t *to)
{
    const int32_t *values = page_column(page, column), *words = page_column(page, C_WORDS);
    Py_ssize_t n = page->n;
    int32_t least = column == C_COPIES;
    if (!page_wants(page, to, 2))
        return;
    sums[0] = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + (values[i] > least && words[i] > 0);
    for (Py_ssize_t i = 0; i < n; i++) {
        to[i] = (int32_t)(sums[i] - sums[i > span ? i - span : 0]);
        to[n + i] = (int32_t)(sums[i + 1 + span < n ? i + 1 + span : n] - sums[i + 1]);
    }
}

int page_around(Page *page)
{
    find_kept(page);
    Py_ssize_t n = page->n;
    const int32_t *words = page_column(page, C_WORDS), *ends = page_column(page, C_ENDS);
    const int32_t *sentences = page_column(page, C_SENTENCES);
    int32_t *to = page_column(page, LINE_COLUMNS + PAGE_COLUMNS);
    to = fill_all_neighbours(page, AT_1, COUNT(AT_1), 1, to);
    to = fill_all_neighbours(page, AT_2, COUNT(AT_2), 2, to);
    to = fill_all_neighbours(page, AT_3, COUNT(AT_3), 3, to);

    /* The columns of HEAD and SECOND are scratch until they are filled. */
    int32_t *prose = page_column(page, FIRST_PART), *menu = prose + n;
    uint8_t *is_long = (uint8_t *)(menu + n);
    int64_t total = 0, all_words = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        int is_sentence = (ends[i] && words[i] >= SENTENCE_WORDS) || (sentences[i] && words[i] >= LONG_WORDS);
        prose[i] = is_sentence ? words[i] : 0;
        menu[i] = words[i] < SHORT_WORDS && !is_sentence;
        is_long[i] = is_sentence && words[i] >= LONG_WORDS;
        total += prose[i];
        all_words += words[i];
    }
    total = total ? total : 1;
    all_words = all_words ? all_words : 1;
    sum_kept(page, prose, page->sums);
    sum_kept(page, words, page->more_sums);
    for (int s = 0; s < COUNT(SPANS); s++, to += 4 * n)
        for (Py_ssize_t i = 0, stop = page_wants(page, to, 4) ? n : 0; i < stop; i++)
            for (int side = 0; side < 2; side++) {
                int span = side ? SPANS[s] : -SPANS[s];
                int64_t part = window(page, page->sums, i, span), whole = window(page, page->more_sums, i, span);
                to[side * n + i] = (int32_t)part;
                to[(2 + side) * n + i] = (int32_t)(1000 * part / (whole ? whole : 1));
            }
    sum_kept(page, menu, page->more_sums);
    for (int s = 0; s < COUNT(SHORT_SPANS); s++, to += 2 * n)
        for (Py_ssize_t i = 0, stop = page_wants(page, to, 2) ? n : 0; i < stop; i++) {
            to[i] = (int32_t)window(page, page->more_sums, i, -SHORT_SPANS[s]);
            to[n + i] = (int32_t)window(page, page->more_sums, i, SHORT_SPANS[s]);
        }
    int64_t prose_before = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        to[i] = (int32_t)(1000 * prose_before / total);
        to[n + i] = (int32_t)clip(prose_before, 0, MOST_PROSE_BEFORE);
        to[2 * n + i] = (int32_t)clip(total, 0, INT32_MAX);
        to[3 * n + i] = (int32_t)(1000 * total / all_words);
        to[4 * n + i] = (int32_t)n;
        prose_before += prose[i];
    }
    fill_away(page, is_long, 1, MOST_AWAY, to + 5 * n);
    fill_away(page, is_long, 0, MOST_AWAY, to + 6 * n);
    to += 7 * n;
    for (int g = 0; g < COUNT(GAPS); g++, to += 5 * n)
        if (fill_blocks(page, is_long, page->sums, total, GAPS[g], to) < 0)
            return -1;
    for (int s = 0; s < COUNT(TOLD_SPANS); s++)
        for (int c = 0; c < COUNT(TOLD); c++, to += 2 * n)
            fill_told(page, TOLD[c], TOLD_SPANS[s], page->more_sums, to);
    return 0;
}

static int32_t count_said(const Page *page, Py_ssize_t i, int32_t stamp, int32_t *telling)
{
    int32_t shared = 0;
    *telling = 0;
    for (Py_ssize_t s = page->first_said[i]; s < page->first_said[i + 1]; s++) {
        if (!page_tells(page, &page->said[s]))
            continue;
        (*telling)++;
        shared += page->word_last[page->said[s].word] == stamp;
    }
    return shared;
}

int page_head(Page *page, const int32_t *scores)
{
    Py_ssize_t n = page->n, best = 0;
    int64_t total = 0, before = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        best = scores[i] > scores[best] ? i : best;
        int32_t sure = certainty(scores[i]);
        total += sure >= LEAST_SURE ? sure : 0;
    }
    total = total ? total : 1;
    enum { IN_HEADLINE = 1 };
    if (page->words.n)
        memset(page->word_last, 0, page->words.n * sizeof *page->word_last);
    for (Py_ssize_t s = page->first_said[best]; s < page->first_said[best + 1]; s++)
        if (page_tells(page, &page->said[s]))
            page->word_last[page->said[s].word] = IN_HEADLINE;
    int32_t in_headline, telling;
    count_said(page, best, IN_HEADLINE, &in_headline);
    int32_t *to = page_column(page, FIRST_PART);
    for (Py_ssize_t i = 0; i < n; i++) {
        int32_t shared = count_said(page, i, IN_HEADLINE, &telling), sure = certainty(scores[i]);
        int32_t least = telling < in_headline ? telling : in_headline;
        to[i] = (int32_t)clip(i - best, HEADLINE_BEFORE, HEADLINE_BEHIND);
        to[n + i] = (int32_t)clip(scores[best], -MOST_SCORE, MOST_SCORE);
        to[2 * n + i] = (int32_t)clip(1000 * (int64_t)shared / (least ? least : 1), 0, 1000);
        to[3 * n + i] = (int32_t)clip(scores[i], -MOST_SCORE, MOST_SCORE);
        to[4 * n + i] = (int32_t)(1000 * before / total);
        to[5 * n + i] = page_column(page, C_WORDS)[best];
        before += sure >= LEAST_SURE ? sure : 0;
    }
    return 0;
}

/* The share of a line's telling words that stand in other lines which likely belong. */
static void fill_topic(Page *page, const int32_t *sure, int32_t *to)
{
    const int32_t *words = page_column(page, C_WORDS);
    if (page->words.n) {
        memset(page->word_last, 0xFF, page->words.n * sizeof *page->word_last);
        memset(page->word_weight, 0, page->words.n * sizeof *page->word_weight);
    }
    for (Py_ssize_t i = 0; i < page->n; i++) {
        int32_t weight = sure[i] / 16 >= TOPIC_SHARE && words[i] >= SHORT_WORDS ? sure[i] / 16 : 0;
        to[i] = weight;
        for (Py_ssize_t s = page->first_said[i]; weight && s < page->first_said[i + 1]; s++) {
            uint32_t word = page->said[s].word;
            if (page_tells(page, &page->said[s]) && page->word_last[word] != (int32_t)i) {
                page->word_last[word] = (int32_t)i;
                page->word_weight[word] += weight;
            }
        }
    }
    for (Py_ssize_t i = 0; i < page->n; i++) {
        int32_t shared = 0, telling = 0;
        for (Py_ssize_t s = page->first_said[i]; s < page->first_said[i + 1]; s++) {
            if (!page_tells(page, &page->said[s]))
                continue;
            telling++;
            shared += page->word_weight[page->said[s].word] - to[i] >= TOPIC_SCORE;
        }
        to[i] = page_share(shared, telling);
    }
}

/* Three columns from `to` on: how a line lies to the stretch with the most words above `cut`. */
static void fill_interval(const Page *page, const int32_t *sure, int cut, int32_t *to)
{
    const int32_t *words = page_column(page, C_WORDS);
    if (!page_wants(page, to, 3))
        return;
    Py_ssize_t n = page->n, first = -1, last = -1, start = 0;
    int64_t best = 0, running = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (running <= 0) {
            running = 0;
            start = i;
        }
        if (!page->drops[i])
            running += (int64_t)(sure[i] - cut) * (words[i] < INTERVAL_WORDS ? words[i] : INTERVAL_WORDS);
        if (running > best) {
            best = running;
            first = start;
            last = i;
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        int32_t inside = first >= 0, along = -1, outside = 0;
        if (first < 0) {
            inside = -1;
            outside = -MOST_AWAY;
        } else if (i < first) {
            inside = 0;
            outside = (int32_t)clip(page->before[i] - page->before[first], -MOST_AWAY, 0);
        } else if (i > last) {
            inside = 0;
            along = 1001;
            outside = (int32_t)clip(page->before[i] - page->before[last], 0, MOST_AWAY);
        } else {
            along = (int32_t)(1000 * (i - first) / (last > first ? last - first : 1));
        }
        to[i] = inside;
        to[n + i] = along;
        to[2 * n + i] = outside;
    }
}

int page_second(Page *page, const int32_t *scores)
{
    Py_ssize_t n = page->n;
    const int32_t *words = page_column(page, C_WORDS);
    int32_t *to = page_column(page, HEAD_PART), *score = to;
    int32_t *sure = malloc((size_t)n * 2 * sizeof *sure + (size_t)n + 1);
    if (!sure)
        return -1;
    int32_t *weights = sure + n, best = 0;
    uint8_t *is_article = (uint8_t *)(weights + n);
    int64_t total = 0, before = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        score[i] = (int32_t)clip(scores[i], -MOST_SCORE, MOST_SCORE);
        sure[i] = certainty(score[i]);
        weights[i] = sure[i] * words[i];
        is_article[i] = score[i] > 0;
        best = sure[i] > best ? sure[i] : best;
        total += weights[i];
    }
    total = total ? total : 1;
    to += n;
    for (int d = 1; d <= 4; d++, to += 2 * n) {
        fill_neighbours(page, score, -d, NO_SCORE, to);
        fill_neighbours(page, score, d, NO_SCORE, to + n);
    }
    sum_kept(page, weights, page->sums);
    sum_kept(page, words, page->more_sums);
    for (int s = 0; s < COUNT(FIRST_SPANS); s++)
        for (int side = 0; side < 2; side++, to += 2 * n)
            for (Py_ssize_t i = 0, stop = page_wants(page, to, 2) ? n : 0; i < stop; i++) {
                int span = side ? FIRST_SPANS[s] : -FIRST_SPANS[s];
                int64_t weight = window(page, page->sums, i, span), whole = window(page, page->more_sums, i, span);
                to[i] = (int32_t)(weight / 256);
                to[n + i] = (int32_t)(4 * weight / (whole ? whole : 1));
            }
    for (Py_ssize_t i = 0; i < n; i++) {
        int64_t after = total - before - weights[i];
        to[i] = (int32_t)(1000 * before / total);
        to[n + i] = (int32_t)(total / 256);
        to[2 * n + i] = best;
        to[3 * n + i] = (int32_t)(before / 256);
        to[4 * n + i] = (int32_t)(after / 256);
        before += weights[i];
    }
    fill_away(page, is_article, 1, MOST_ARTICLE_AWAY, to + 5 * n);
    fill_away(page, is_article, 0, MOST_ARTICLE_AWAY, to + 6 * n);
    fill_topic(page, sure, to + 7 * n);
    to += 8 * n;
    for (int c = 0; c < COUNT(CUTS); c++, to += 3 * n)
        fill_interval(page, sure, CUTS[c], to);
    free(sure);
    return 0;
}
