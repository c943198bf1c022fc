/* casefold(NFC(text)), byte for byte what CPython 3.11 gives.
 *
 * Three speeds: ASCII by loops that the compiler makes vectors of; code points that NFC leaves alone
 * by one table look-up each; and normalization proper for the few stretches that hold something else,
 * each from the last code point that nothing after it reaches back over (`safe`) to the next such.
 * A mark that stands in order and joins nothing is no reason to normalize, so vowelled Arabic and
 * most of Bengali stay on the second path.  (Unicode 14, UAX 15, sections 9 and 11.)
 */
#define UNICODE_TABLES_HERE
#include "unicode.h"

#include <stdlib.h>
#include <string.h>

enum {
    HANGUL_L = 0x1100,
    HANGUL_V = 0x1161,
    HANGUL_T = 0x11A7, /* one before the first trailing jamo */
    HANGUL_S = 0xAC00,
    N_L = 19,
    N_V = 21,
    N_T = 28,
    N_S = N_L * N_V * N_T,
    NO_STARTER = 0x110000,
    FEW_MARKS = 64
};

static inline uint32_t combining_class(uint32_t code_point)
{
    return code_point < CLASS_END
        ? class_stage2[(uint32_t)class_stage1[code_point >> 6] << 6 | (code_point & 63)] : 0;
}

/* offset << 3 | length into decomposition_data; 0: stays whole.  Hangul is left to arithmetic. */
static inline uint32_t decomposition_of(uint32_t code_point)
{
    return code_point < DECOMPOSITION_END
        ? decomposition_stage2[(uint32_t)decomposition_stage1[code_point >> 6] << 6 | (code_point & 63)] : 0;
}

/* What NFC puts in the place of two neighbours, or 0. */
static inline uint32_t compose(uint32_t first, uint32_t second)
{
    if (first - HANGUL_L < N_L && second - HANGUL_V < N_V)
        return HANGUL_S + ((first - HANGUL_L) * N_V + (second - HANGUL_V)) * N_T;
    if (first - HANGUL_S < N_S && (first - HANGUL_S) % N_T == 0 && second - HANGUL_T - 1 < N_T - 1)
        return first + (second - HANGUL_T);
    uint32_t slot = (first * 0x9E3779B1u + second * 0x85EBCA6Bu) >> 21 & (COMPOSITION_SLOTS - 1);
    while (composition_table[slot][2]) {
        if (composition_table[slot][0] == first && composition_table[slot][1] == second)
            return composition_table[slot][2];
        slot = (slot + 1) & (COMPOSITION_SLOTS - 1);
    }
    return 0;
}

ptrdiff_t unicode_write_folded(uint32_t code_point, uint8_t *to)
{
    uint32_t entry = code_point < FOLD_END
        ? fold_stage2[(uint32_t)fold_stage1[code_point >> 6] << 6 | (code_point & 63)] : 0;
    if (!entry)
        return unicode_encode(code_point, to);
    const uint8_t *from = fold_data + (entry >> 3);
    int length = entry & 7;
    for (int i = 0; i < length; i++)
        to[i] = from[i];
    return length;
}

/* A stretch in the making: a starter, and the marks after it as class << 21 | code point. */
typedef struct {
    uint32_t starter;
    uint32_t *marks;
    size_t n_marks, room;
    uint8_t *to;
    int failed;
    uint32_t few[FEW_MARKS];
} Stretch;

static inline void add_mark(Stretch *stretch, uint32_t mark)
{
    if (stretch->n_marks == stretch->room) {
        size_t room = stretch->room * 4;
        uint32_t *more = realloc(stretch->marks == stretch->few ? NULL : stretch->marks, room * sizeof *more);
        if (!more) {
            stretch->failed = 1;
            return;
        }
        if (stretch->marks == stretch->few)
            memcpy(more, stretch->few, sizeof stretch->few);
        stretch->marks = more;
        stretch->room = room;
    }
    stretch->marks[stretch->n_marks++] = mark;
}

/* Canonical ordering: a stable sort by class. */
static void order_marks(Stretch *stretch)
{
    uint32_t *marks = stretch->marks;
    size_t n = stretch->n_marks;
    if (n <= FEW_MARKS) {
        for (size_t i = 1; i < n; i++) {
            uint32_t mark = marks[i];
            size_t j = i;
            for (; j && marks[j - 1] >> 21 > mark >> 21; j--)
                marks[j] = marks[j - 1];
            marks[j] = mark;
        }
        return;
    }
    /* A text of a million marks is nobody's text, but must not cost a million squared. */
    uint32_t *sorted = malloc(n * sizeof *sorted);
    if (!sorted) {
        stretch->failed = 1;
        return;
    }
    size_t start[257] = {0};
    for (size_t i = 0; i < n; i++)
        start[(marks[i] >> 21) + 1]++;
    for (int class = 0; class < 256; class++)
        start[class + 1] += start[class];
    for (size_t i = 0; i < n; i++)
        sorted[start[marks[i] >> 21]++] = marks[i];
    memcpy(marks, sorted, n * sizeof *marks);
    free(sorted);
}

/* Orders the marks, joins to the starter what joins, keeps the rest. */
static inline void join_marks(Stretch *stretch)
{
    order_marks(stretch);
    size_t kept = 0;
    uint32_t last_class = 0;
    for (size_t i = 0; i < stretch->n_marks; i++) {
        uint32_t mark = stretch->marks[i], class = mark >> 21;
        uint32_t joined = stretch->starter != NO_STARTER && class != last_class
            ? compose(stretch->starter, mark & 0x1FFFFF) : 0;
        if (joined) {
            stretch->starter = joined;
        } else {
            stretch->marks[kept++] = mark;
            last_class = class;
        }
    }
    stretch->n_marks = kept;
}

static inline void write_stretch(Stretch *stretch)
{
    if (stretch->starter != NO_STARTER)
        stretch->to += unicode_write_folded(stretch->starter, stretch->to);
    for (size_t i = 0; i < stretch->n_marks; i++)
        stretch->to += unicode_write_folded(stretch->marks[i] & 0x1FFFFF, stretch->to);
    stretch->n_marks = 0;
}

static void add_code_point(Stretch *stretch, uint32_t code_point)
{
    uint32_t class = combining_class(code_point);
    if (class) {
        add_mark(stretch, class << 21 | code_point);
        return;
    }
    join_marks(stretch);
    uint32_t joined =
        stretch->starter != NO_STARTER && !stretch->n_marks ? compose(stretch->starter, code_point) : 0;
    if (!joined)
        write_stretch(stretch);
    stretch->starter = joined ? joined : code_point;
}

uint8_t *unicode_fold_stretch(const uint8_t *at, const uint8_t *end, uint8_t *to)
{
    Stretch stretch;
    stretch.starter = NO_STARTER;
    stretch.marks = stretch.few;
    stretch.n_marks = 0;
    stretch.room = FEW_MARKS;
    stretch.to = to;
    stretch.failed = 0;
    while (at < end && !stretch.failed) {
        int length;
        uint32_t code_point = unicode_decode(at, end, &length);
        at += length;
        uint32_t syllable = code_point - HANGUL_S;
        uint32_t entry = decomposition_of(code_point);
        if (syllable < N_S) {
            add_code_point(&stretch, HANGUL_L + syllable / (N_V * N_T));
            add_code_point(&stretch, HANGUL_V + syllable / N_T % N_V);
            if (syllable % N_T)
                add_code_point(&stretch, HANGUL_T + syllable % N_T);
        } else if (entry) {
            for (uint32_t i = 0; i < (entry & 7); i++)
                add_code_point(&stretch, decomposition_data[(entry >> 3) + i]);
        } else {
            add_code_point(&stretch, code_point);
        }
    }
    join_marks(&stretch);
    write_stretch(&stretch);
    if (stretch.marks != stretch.few)
        free(stretch.marks);
    return stretch.failed ? NULL : stretch.to;
}

static inline uint8_t lower(uint8_t byte)
{
    return (uint8_t)(byte + ((uint8_t)(byte - 'A') < 26 ? 32 : 0));
}

/* Folds the ASCII that `at` begins with; gives its length. */
static inline ptrdiff_t fold_ascii(const uint8_t *at, ptrdiff_t n, uint8_t *to)
{
    enum { BLOCK = 32 };
    ptrdiff_t i = 0;
    for (; n - i >= BLOCK; i += BLOCK) {
        uint8_t high = 0;
        for (int j = 0; j < BLOCK; j++)
            high |= at[i + j];
        if (high >= 0x80)
            break;
        for (int j = 0; j < BLOCK; j++)
            to[i + j] = lower(at[i + j]);
    }
    for (; i < n && at[i] < 0x80; i++)
        to[i] = lower(at[i]);
    return i;
}

int unicode_pair(uint32_t starter, uint32_t suspect, uint32_t *joined)
{
    uint32_t class = combining_class(suspect), entry = decomposition_of(starter);
    uint32_t last = entry ? decomposition_data[(entry >> 3) + (entry & 7) - 1] : 0;
    *joined = 0;
    if (decomposition_of(suspect) || (class && class < combining_class(last)))
        return 0;
    *joined = compose(starter, suspect);
    return 1;
}

/* Whether NFC leaves `code_point` (with these properties) as it is and where it is, when `starter` is the
 * last code point of class 0 before it (0: none) and *last_class the class of the one right before it. */
static inline int stays_in_nfc(uint32_t starter, uint32_t code_point, uint32_t properties, uint32_t *last_class)
{
    if (!(properties & UNICODE_NFC_SUSPECT)) {
        *last_class = 0;
        return 1;
    }
    if (decomposition_of(code_point))
        return 0;
    uint32_t class = combining_class(code_point);
    int joins = (properties & UNICODE_NFC_JOINS) != 0;
    /* A mark in order that joins nothing stays, whatever the starter decomposes to; one of class 0
     * joins the starter right before it or nothing. */
    int stays = class ? !joins && class >= *last_class : *last_class || !compose(starter, code_point);
    *last_class = class;
    return stays;
}

ptrdiff_t unicode_fold(const uint8_t *in, ptrdiff_t n, uint8_t *out)
{
    const uint8_t *at = in, *end = in + n, *safe_at = in;
    uint8_t *to = out, *safe_to = out;
    uint32_t starter = 0, last_class = 0;
    while (at < end) {
        if (*at < 0x80) {
            ptrdiff_t ascii = fold_ascii(at, end - at, to);
            at += ascii;
            to += ascii;
            safe_at = at - 1;
            safe_to = to - 1;
            starter = *safe_at;
            last_class = 0;
            continue;
        }
        int length;
        uint32_t code_point = unicode_decode(at, end, &length);
        uint32_t properties = unicode_properties(code_point);
        if (!stays_in_nfc(starter, code_point, properties, &last_class)) {
            do {
                at += length;
                if (at == end)
                    break;
                code_point = unicode_decode(at, end, &length);
            } while (unicode_properties(code_point) & UNICODE_NFC_SUSPECT);
            to = unicode_fold_stretch(safe_at, at, safe_to);
            if (!to)
                return -1;
            continue; /* what comes next is no suspect */
        }
        if (!last_class) {
            safe_at = at;
            safe_to = to;
            starter = code_point;
        }
        at += length;
        to += properties & UNICODE_FOLD ? unicode_write_folded(code_point, to) : unicode_encode(code_point, to);
    }
    return to - out;
}
