/* suspicious(text, offsets, entities): which pieces hold a line that repair could change.
 *
 * The rules of ftfy are one automaton over classes of code points (make_suspicion.py says how it is
 * derived and why it is a necessary condition); a piece that reaches HIT is suspicious.  Two things
 * make it fast: stretches without a control character and without a code point that the rules name
 * are left by whole vectors, and in between a step is one load.
 *
 * A stretch may be left because the automaton is then in one of its first states, those that ASCII
 * alone leads to, and no rule begins with more than LOOKBACK characters of ASCII: going back so far
 * and starting in state 0 finds the same.  Line feeds and carriage returns put the automaton into
 * the state in which a line begins.
 *
 * Bytes that are not UTF-8 count as unnamed; nothing outside of a piece is read.
 */
#include "native.h"

/* 0xff or 0, and no branch: compilers make vector code of that, and of little else. */
#define WITHIN(x, low, high) ((uint8_t)((uint8_t)((x) - (low)) <= (high) - (low) ? 0xff : 0))

#include "suspicion_table.h"

enum { WIDE = 64, NARROW = 64, MAX_WAIT = 1024 };

/* Control characters that repair takes out: all but tab, line feed, form feed, carriage return. */
#define CONTROL(a) \
    (WITHIN(a, 0, 0x08) | WITHIN(a, 0x0b, 0x0b) | WITHIN(a, 0x0e, 0x1f) | WITHIN(a, 0x7f, 0x7f))

/* The first 64 bytes from p on that hold more than plain ASCII; at the earliest p, at the latest end. */
VECTOR_CLONES static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= WIDE; p += WIDE) {
        uint8_t n_busy = 0;
        for (size_t i = 0; i < WIDE; i++) {
            uint8_t a = p[i];
            n_busy = (uint8_t)(n_busy + ((WITHIN(a, 0x80, 0xff) | CONTROL(a)) & 1));
        }
        if (n_busy)
            break;
    }
    return p;
}

/* The same with bytes that hold a control character or the start of a named code point. */
VECTOR_CLONES static const uint8_t *skip_unnamed(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= NARROW + 2; p += NARROW) {
        uint8_t n_busy = 0, a[NARROW], b[NARROW], c[NARROW];
        memcpy(a, p, NARROW); /* three loads from one place would be folded into a chain of scalars */
        memcpy(b, p + 1, NARROW);
        memcpy(c, p + 2, NARROW);
        for (size_t i = 0; i < NARROW; i++)
            n_busy = (uint8_t)(n_busy + ((BUSY(a[i], b[i], c[i]) | CONTROL(a[i])) & 1));
        if (n_busy)
            break;
    }
    return p;
}

/* Whether the 8 bytes at p are printable ASCII. */
static inline int is_plain(const uint8_t *p)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return !(((w - 0x20 * ones) | w | (w + ones)) & 0x80 * ones);
}

/* The class of the code point at *p, and *p past it. */
static inline unsigned next_class(const uint8_t **p, const uint8_t *end)
{
    const uint8_t *at = *p;
    unsigned a = at[0];
    if (a < 0x80) {
        *p = at + 1;
        return CLASS_OF[CLASS_BLOCK[a >> 6]][a & 0x3f];
    }
    if (a >= 0xc2 && a < 0xe0 && end - at >= 2) {
        *p = at + 2;
        return CLASS_OF[CLASS_BLOCK[a & 0x1f]][at[1] & 0x3f];
    }
    if (a >= 0xe0 && a < 0xf0 && end - at >= 3) {
        *p = at + 3;
        return CLASS_OF[CLASS_BLOCK[(a & 0x0f) << 6 | (at[1] & 0x3f)]][at[2] & 0x3f];
    }
    /* Above U+FFFF nothing is named; what is left is the middle of a code point, after a skip. */
    *p = at + (a >= 0xf0 && end - at >= 4 ? 4 : 1);
    return 0;
}

static int is_suspicious(const uint8_t *start, const uint8_t *end)
{
    const uint8_t *p = start;
    Py_ssize_t wait = NARROW; /* after a look for a stretch to leave; twice as long when it was in vain */
    unsigned state = STEP[CLASS_LINE_START];

    while (p < end) {
        if (state < QUIET_END) {
            const uint8_t *q = skip_unnamed(skip_ascii(p, end), end);
            if (q - p > LOOKBACK) {
                for (p = q; q - p < LOOKBACK && p[-1] < 0x80; p--)
                    ;
                state = 0;
                wait = NARROW;
            } else if (wait < MAX_WAIT) {
                wait *= 2;
            }
        }
        const uint8_t *stop = end - p > wait ? p + wait : end;
        while (p < stop) {
            if (state < QUIET_END && stop - p >= 8 && is_plain(p)) {
                do
                    p += 8;
                while (stop - p >= 8 && is_plain(p));
                p -= LOOKBACK;
                state = 0;
            }
            state = STEP[state + next_class(&p, end)];
            if (state == HIT)
                return 1;
        }
    }
    return 0;
}

/* &#?[0-9A-Za-z]{1,24}; as ftfy takes entities. */
static int has_entity(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (p = memchr(p, '&', (size_t)(end - p)))) {
        p++;
        const uint8_t *name = p < end && *p == '#' ? p + 1 : p;
        const uint8_t *q = name;
        while (q < end && q - name < 25
               && ((*q >= '0' && *q <= '9') || (*q >= 'A' && *q <= 'Z') || (*q >= 'a' && *q <= 'z')))
            q++;
        if (q < end && *q == ';' && q > name && q - name < 25)
            return 1;
    }
    return 0;
}

PyObject *call_suspicious(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *text, *offsets;
    int entities = 0;
    Batch batch;
    if (!PyArg_ParseTuple(args, "OO|p:suspicious", &text, &offsets, &entities))
        return NULL;
    if (batch_open(&batch, text, offsets) < 0)
        return NULL;
    PyObject *result = PyBytes_FromStringAndSize(NULL, batch.n);
    if (result) {
        char *flags = PyBytes_AsString(result);
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < batch.n; i++) {
            const uint8_t *start = batch.text + batch.offsets[i], *end = batch.text + batch.offsets[i + 1];
            flags[i] = (char)(is_suspicious(start, end) || (entities && has_entity(start, end)));
        }
        Py_END_ALLOW_THREADS
    }
    batch_close(&batch);
    return result;
}
