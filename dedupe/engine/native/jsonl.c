/* Where the text of each JSONL record lies, its escapes resolved: ../reference/jsonl.py, said fast.
 *
 * Three sweeps: is the block UTF-8, where do its lines begin, and then each line is read once, its
 * text written on the way.  No tree is built and nothing is allocated per line.  UTF-8 may be
 * checked apart from JSON because a byte above 0x7F has no place outside a string, so that only
 * quotes, backslashes and control characters ever stop the reader.  It steps over 64 bytes that
 * hold none of these by loops that the compiler vectorises, then finds the byte by words of 8.
 *
 * The newline behind a line is itself a byte that stops every reader, so wide reads are bounded by
 * the block (`limit`), not by the line.  Cost: m bytes once, at most m bytes of text.
 */
#include "native.h"
#include <stdbool.h>

#include "clones.h"
#include "jsonl.h"

#ifdef HAS_CLONES
#include <immintrin.h>
#endif

enum { MAX_DEPTH = 512, MAX_INT_DIGITS = 4300 }; /* as in the reference, which gives the reasons */
enum { FOUND, BLANK, BROKEN, NOT_AN_OBJECT, NO_FIELD, NOT_A_STRING };
enum { WIDE = 64 };

#define EACH_BYTE 0x0101010101010101u

/* ---- UTF-8 */

/* Not zero if one of the 64 bytes from p breaks UTF-8, given the three bytes before p. */
static inline uint8_t utf8_faults(const uint8_t *p)
{
    uint8_t faults = 0;
    for (int i = 0; i < WIDE; i++) {
        uint8_t byte = p[i], last = p[i - 1], second_last = p[i - 2], third_last = p[i - 3];
        uint8_t continues = (byte & 0xC0) == 0x80;
        uint8_t is_awaited = (last >= 0xC0) | (second_last >= 0xE0) | (third_last >= 0xF0);
        uint8_t never_leads = (byte == 0xC0) | (byte == 0xC1) | (byte > 0xF4);
        uint8_t overlong = ((last == 0xE0) & (byte < 0xA0)) | ((last == 0xF0) & (byte < 0x90));
        uint8_t beyond = ((last == 0xED) & (byte > 0x9F)) | ((last == 0xF4) & (byte > 0x8F));
        faults |= (continues ^ is_awaited) | never_leads | overlong | beyond;
    }
    return faults;
}

static inline bool is_ascii(const uint8_t *p)
{
    uint8_t any = 0;
    for (int i = 0; i < WIDE; i++)
        any |= p[i];
    return any < 0x80;
}

VECTOR_CLONES
static bool is_utf8(const uint8_t *p, Py_ssize_t size)
{
    uint8_t edge[3 + WIDE] = {0}; /* stands in where 64 bytes or the three before are not there */
    uint8_t faults = 0;
    bool was_ascii = true; /* nothing can be awaited from an ASCII block */
    Py_ssize_t at = 0;
    if (size >= WIDE) {
        memcpy(edge + 3, p, WIDE);
        faults = utf8_faults(edge + 3);
        was_ascii = is_ascii(p);
        at = WIDE;
    }
    for (; size - at >= WIDE; at += WIDE) {
        bool ascii = is_ascii(p + at);
        if (!(ascii & was_ascii))
            faults |= utf8_faults(p + at);
        was_ascii = ascii;
    }
    /* The zeros behind the last byte are what a sequence cut short by the end runs into. */
    memset(edge, 0, sizeof edge);
    Py_ssize_t before = at < 3 ? at : 3;
    memcpy(edge + 3 - before, p + at - before, (size_t)(before + size - at));
    return !(faults | utf8_faults(edge + 3));
}

bool jsonl_is_utf8(const uint8_t *bytes, ptrdiff_t n_bytes)
{
    return is_utf8(bytes, n_bytes);
}

/* ---- Strings */

static inline uint64_t load_word(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline bool stops(uint8_t byte)
{
    return byte == '"' || byte == '\\' || byte < 0x20;
}

/* The high bit of each byte that stops; right up to the lowest one, which is all that is asked
 * (a borrow may set higher ones by mistake). */
static inline uint64_t stops_in_word(uint64_t word)
{
    uint64_t quote = word ^ EACH_BYTE * '"', slash = word ^ EACH_BYTE * '\\';
    return (((quote - EACH_BYTE) & ~quote) | ((slash - EACH_BYTE) & ~slash) |
            ((word - EACH_BYTE * 0x20) & ~word)) & EACH_BYTE * 0x80;
}

/* Where the first of the 64 bytes from p stops; 64 if none does.  A minimum says in one vector
 * reduction both whether and where; compilers make no bit mask of a plain loop. */
static inline int find_stop_in_wide(const uint8_t *p)
{
    uint8_t first = WIDE;
    for (uint8_t i = 0; i < WIDE; i++) {
        uint8_t byte = p[i];
        uint8_t place = (byte == '"') | (byte == '\\') | (byte < 0x20) ? i : WIDE;
        first = place < first ? place : first;
    }
    return first;
}

/* The first byte from p that stops, or limit. */
static inline const uint8_t *find_stop(const uint8_t *p, const uint8_t *limit)
{
    for (; limit - p >= 8; p += 8) {
        uint64_t found = stops_in_word(load_word(p));
        if (found)
            return p + __builtin_ctzll(found) / 8;
    }
    while (p < limit && !stops(*p))
        p++;
    return p;
}

/* The same, with the bytes before it copied to *out.  What is written beyond them was read before
 * limit, so `out` needs room for limit - p bytes and no more.  For texts; find_stop is quicker where
 * a stop is near, as in keys. */
static inline const uint8_t *copy_to_stop(const uint8_t *p, const uint8_t *limit, uint8_t **out)
{
    uint8_t *to = *out;
    while (limit - p >= WIDE) {
        int stop = find_stop_in_wide(p);
        memcpy(to, p, WIDE);
        if (stop < WIDE) {
            *out = to + stop;
            return p + stop;
        }
        p += WIDE; /* not `stop`: the next step must not wait for this one's reduction */
        to += WIDE;
    }
    while (p < limit && !stops(*p))
        *to++ = *p++;
    *out = to;
    return p;
}

#ifdef HAS_CLONES
/* The same with AVX-512, and over escapes: a quote, a slash or a line end behind a backslash is written as what it
 * stands for, and the backslashes are squeezed out.  So texts of many short lines cost what others do.  Stops at what
 * it cannot do, and at a byte that stops: of what comes before that, no backslash is itself behind one. */
WIDEST static inline const uint8_t *wide_copy_to_stop(const uint8_t *p, const uint8_t *limit, uint8_t **out)
{
    const uint64_t last = (uint64_t)1 << (WIDE - 1);
    uint8_t *to = *out;
    while (limit - p >= WIDE) {
        __m512i bytes = _mm512_loadu_si512(p);
        uint64_t slash = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\'));
        uint64_t quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"'));
        uint64_t control = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20));
        if (!(slash | quote | control)) {
            _mm512_storeu_si512(to, bytes);
            p += WIDE;
            to += WIDE;
            continue;
        }
        uint64_t escaped = slash << 1;
        uint64_t newline = _mm512_mask_cmpeq_epi8_mask(escaped, bytes, _mm512_set1_epi8('n'));
        uint64_t tab = _mm512_mask_cmpeq_epi8_mask(escaped, bytes, _mm512_set1_epi8('t'));
        uint64_t carriage_return = _mm512_mask_cmpeq_epi8_mask(escaped, bytes, _mm512_set1_epi8('r'));
        uint64_t itself = (quote & escaped) | _mm512_mask_cmpeq_epi8_mask(escaped, bytes, _mm512_set1_epi8('/'));
        uint64_t hard = slash & ~((newline | tab | carriage_return | itself) >> 1);
        uint64_t stop = hard | (quote & ~escaped) | control;
        uint64_t before = stop ? (stop & -stop) - 1 : ~(uint64_t)0; /* the bits below the lowest */
        bytes = _mm512_mask_mov_epi8(bytes, newline, _mm512_set1_epi8('\n'));
        bytes = _mm512_mask_mov_epi8(bytes, tab, _mm512_set1_epi8('\t'));
        bytes = _mm512_mask_mov_epi8(bytes, carriage_return, _mm512_set1_epi8('\r'));
        _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(before & ~slash, bytes));
        to += __builtin_popcountll(before & ~slash);
        p += __builtin_popcountll(before);
        if (stop && (before != last - 1 || !(slash & last))) { /* else what is behind the backslash is not seen yet */
            *out = to;
            return p;
        }
    }
    while (p < limit && !stops(*p))
        *to++ = *p++;
    *out = to;
    return p;
}
#define COPY_TO_STOP (vector_bytes == 64 ? wide_copy_to_stop : copy_to_stop)
#else
#define COPY_TO_STOP copy_to_stop
#endif

/* 16 + the digit's value; 0 for what is no hexadecimal digit. */
static const uint8_t hex_digit[256] = {
    ['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20, ['5'] = 21, ['6'] = 22, ['7'] = 23,
    ['8'] = 24, ['9'] = 25, ['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
    ['A'] = 26, ['B'] = 27, ['C'] = 28, ['D'] = 29, ['E'] = 30, ['F'] = 31,
};

/* What the letter of a two-byte escape stands for; 0 for a letter that makes none. */
static const uint8_t short_escape[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

/* The UTF-16 unit that the escape \uXXXX at p names, or -1 where none stands. */
static inline int32_t read_unit(const uint8_t *p, const uint8_t *limit)
{
    if (limit - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    uint32_t a = hex_digit[p[2]], b = hex_digit[p[3]], c = hex_digit[p[4]], d = hex_digit[p[5]];
    if (!(a & b & c & d & 16))
        return -1;
    return (int32_t)((a & 15) << 12 | (b & 15) << 8 | (c & 15) << 4 | (d & 15));
}

/* UTF-8 of a code point; a lone surrogate takes its three bytes too.  Writes 4 bytes, counts what holds. */
static inline int encode(uint32_t point, uint8_t *to)
{
    if (point < 0x80) {
        to[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (uint8_t)(0xC0 | point >> 6);
        to[1] = (uint8_t)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        to[0] = (uint8_t)(0xE0 | point >> 12);
        to[1] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
        to[2] = (uint8_t)(0x80 | (point & 0x3F));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | point >> 18);
    to[1] = (uint8_t)(0x80 | (point >> 12 & 0x3F));
    to[2] = (uint8_t)(0x80 | (point >> 6 & 0x3F));
    to[3] = (uint8_t)(0x80 | (point & 0x3F));
    return 4;
}

/* Reads the escape whose backslash is at p: writes its text, at most 4 bytes and never more than
 * the escape is long, to `to`.  Gives the escape's length, 0 if it is none. */
static inline int read_escape(const uint8_t *p, const uint8_t *limit, uint8_t *to, int *written)
{
    if (limit - p < 2)
        return 0;
    if (p[1] != 'u') {
        *to = short_escape[p[1]];
        *written = 1;
        return *to ? 2 : 0;
    }
    int32_t unit = read_unit(p, limit);
    if (unit < 0)
        return 0;
    uint32_t point = (uint32_t)unit;
    int size = 6;
    if (point >> 10 == 0xD800 >> 10) {
        int32_t low = read_unit(p + 6, limit);
        if (low >> 10 == 0xDC00 >> 10) {
            point = 0x10000 + ((point & 0x3FF) << 10 | ((uint32_t)low & 0x3FF));
            size = 12;
        }
    }
    *written = encode(point, to);
    return size;
}

/* From the byte behind the opening quote to the closing quote, or NULL; the text goes to *out,
 * which moves on behind it and has room for limit - p bytes. */
INLINED const uint8_t *copy_string_body(int vector_bytes, const uint8_t *p, const uint8_t *limit, uint8_t **out)
{
    uint8_t *to = *out;
    (void)vector_bytes;
    for (;;) {
        p = COPY_TO_STOP(p, limit, &to);
        if (p == limit || *p < 0x20)
            return NULL;
        if (*p == '"') {
            *out = to;
            return p;
        }
        /* Escapes come in crowds (whole texts are written in \u), so stay while there are more. */
        do {
            int written, size = read_escape(p, limit, to, &written);
            if (!size)
                return NULL;
            p += size;
            to += written;
        } while (p < limit && *p == '\\');
    }
}
CLONES_TO_WIDEST(const uint8_t *, copy_string, (const uint8_t *p, const uint8_t *limit, uint8_t **out), (p, limit, out))

ptrdiff_t jsonl_text(const uint8_t *raw, size_t n_bytes, uint8_t *text)
{
    uint8_t *end = text;
    if (!is_utf8(raw, (Py_ssize_t)n_bytes) || copy_string(raw, raw + n_bytes + 1, &end) != raw + n_bytes)
        return -1;
    return end - text;
}

/* The same without the text. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *limit)
{
    for (;;) {
        p = find_stop(p, limit);
        if (p == limit || *p < 0x20)
            return NULL;
        if (*p == '"')
            return p;
        uint8_t ignored[4];
        int size, written;
        if (!(size = read_escape(p, limit, ignored, &written)))
            return NULL;
        p += size;
    }
}

/* ---- Values */

/* A line; `end` is where its newline stands, or the end of the block. */
typedef struct {
    const uint8_t *end, *limit;
} Line;

static inline const uint8_t *skip_space(const uint8_t *p, const Line *line)
{
    while (p < line->end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

static inline bool stands(const uint8_t *p, const Line *line, uint8_t byte)
{
    return p < line->end && *p == byte;
}

static const uint8_t *skip_word(const uint8_t *p, const Line *line, const char *word)
{
    Py_ssize_t size = (Py_ssize_t)strlen(word);
    return line->end - p >= size && !memcmp(p, word, (size_t)size) ? p + size : NULL;
}

static inline const uint8_t *skip_digits(const uint8_t *p, const Line *line)
{
    while (p < line->end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static const uint8_t *skip_number(const uint8_t *p, const Line *line)
{
    if (*p == '-')
        p++;
    if (stands(p, line, 'I'))
        return skip_word(p, line, "Infinity");
    const uint8_t *first = p;
    p = stands(p, line, '0') ? p + 1 : skip_digits(p, line);
    if (p == first)
        return NULL;
    const uint8_t *point = p;
    if (stands(p, line, '.')) {
        p = skip_digits(p + 1, line);
        if (p == point + 1)
            return NULL;
    }
    if (stands(p, line, 'e') || stands(p, line, 'E')) {
        p++;
        if (stands(p, line, '+') || stands(p, line, '-'))
            p++;
        const uint8_t *exponent = p;
        p = skip_digits(p, line);
        if (p == exponent)
            return NULL;
    }
    return p == point && point - first > MAX_INT_DIGITS ? NULL : p;
}

static const uint8_t *skip_scalar(const uint8_t *p, const Line *line)
{
    switch (*p) {
    case '"':
        p = skip_string(p + 1, line->limit);
        return p ? p + 1 : NULL;
    case 't':
        return skip_word(p, line, "true");
    case 'f':
        return skip_word(p, line, "false");
    case 'n':
        return skip_word(p, line, "null");
    case 'N':
        return skip_word(p, line, "NaN");
    default:
        return skip_number(p, line);
    }
}

/* From the closing quote of a key to behind its colon. */
static inline const uint8_t *skip_colon(const uint8_t *p, const Line *line)
{
    p = skip_space(p + 1, line);
    return stands(p, line, ':') ? p + 1 : NULL;
}

static const uint8_t *skip_key(const uint8_t *p, const Line *line)
{
    p = skip_space(p, line);
    if (!stands(p, line, '"'))
        return NULL;
    p = skip_string(p + 1, line->limit);
    return p ? skip_colon(p, line) : NULL;
}

/* Skips one value that lies `depth` levels deep; NULL if none stands at p.  A stack of our own
 * instead of recursion: the depth is the input's to choose. */
static const uint8_t *skip_value(const uint8_t *p, const Line *line, int depth)
{
    uint8_t closers[MAX_DEPTH];
    const int outside = depth;
    for (;;) {
        p = skip_space(p, line);
        if (p == line->end)
            return NULL;
        if (*p == '{' || *p == '[') {
            if (depth == MAX_DEPTH)
                return NULL;
            uint8_t closer = *p == '{' ? '}' : ']';
            closers[depth++] = closer;
            p = skip_space(p + 1, line);
            if (!stands(p, line, closer)) {
                if (closer == '}' && !(p = skip_key(p, line)))
                    return NULL;
                continue;
            }
            p++;
            depth--;
        } else if (!(p = skip_scalar(p, line))) {
            return NULL;
        }
        /* A value has ended: it closes what is around it, or another one follows. */
        for (;;) {
            if (depth == outside)
                return p;
            p = skip_space(p, line);
            if (stands(p, line, ','))
                break;
            if (!stands(p, line, closers[depth - 1]))
                return NULL;
            p++;
            depth--;
        }
        p++;
        if (closers[depth - 1] == '}' && !(p = skip_key(p, line)))
            return NULL;
    }
}

/* ---- Records */

typedef struct {
    const uint8_t *name;
    Py_ssize_t size;
} Field;

typedef struct {
    uint8_t status;
    const uint8_t *from, *to; /* the raw content of the field's string */
    uint8_t *text_end;
} Record;

/* Is the key between `from` and its closing quote the field's name?  An escape makes a key longer
 * than its name, never shorter; `scratch` has room for the key's text. */
static bool is_field(const uint8_t *from, const uint8_t *quote, const Field *field, uint8_t *scratch)
{
    if (quote - from == field->size && !memchr(from, '\\', (size_t)field->size))
        return !memcmp(from, field->name, (size_t)field->size);
    if (quote - from < field->size || !memchr(from, '\\', (size_t)(quote - from)))
        return false;
    uint8_t *end = scratch;
    copy_string(from, quote + 1, &end);
    return end - scratch == field->size && !memcmp(scratch, field->name, (size_t)field->size);
}

/* Reads the object whose brace stands before p; the last field of the name counts.  False if the
 * line is broken. */
static bool read_object(const uint8_t *p, const Line *line, const Field *field, uint8_t *text, Record *record)
{
    record->status = NO_FIELD;
    record->text_end = text;
    p = skip_space(p, line);
    if (stands(p, line, '}'))
        return skip_space(p + 1, line) == line->end;
    for (;;) {
        p = skip_space(p, line);
        if (!stands(p, line, '"'))
            return false;
        const uint8_t *key = p + 1;
        if (!(p = skip_string(key, line->limit)))
            return false;
        bool wanted = is_field(key, p, field, record->text_end);
        if (!(p = skip_colon(p, line)))
            return false;
        p = skip_space(p, line);
        if (wanted && stands(p, line, '"')) {
            record->status = FOUND;
            record->from = p + 1;
            record->text_end = text;
            if (!(p = copy_string(p + 1, line->limit, &record->text_end)))
                return false;
            record->to = p++;
        } else {
            if (wanted)
                record->status = NOT_A_STRING;
            if (!(p = skip_value(p, line, 1)))
                return false;
        }
        p = skip_space(p, line);
        if (stands(p, line, '}'))
            return skip_space(p + 1, line) == line->end;
        if (!stands(p, line, ','))
            return false;
        p++;
    }
}

static void read_record(const uint8_t *p, const Line *line, const Field *field, uint8_t *text, Record *record)
{
    p = skip_space(p, line);
    if (p == line->end) {
        record->status = BLANK;
    } else if (*p == '{') {
        if (!read_object(p + 1, line, field, text, record))
            record->status = BROKEN;
    } else {
        p = skip_value(p, line, 0);
        record->status = p && skip_space(p, line) == line->end ? NOT_AN_OBJECT : BROKEN;
    }
}

/* Reads every line of block into the arrays; gives the bytes of text written. */
static int64_t read_block(const uint8_t *block, Py_ssize_t size, Py_ssize_t n_lines, const Field *field,
                          const int64_t *starts, int64_t *spans, uint8_t *text, int64_t *offsets, uint8_t *status)
{
    const bool sound = is_utf8(block, size); /* if not, ask line by line */
    int64_t used = 0;
    for (Py_ssize_t i = 0; i < n_lines; i++) {
        const uint8_t *start = block + starts[i];
        Line line = {block + starts[i + 1], block + size};
        if (line.end > start && line.end[-1] == '\n')
            line.end--;
        Record record = {.status = BROKEN};
        if (sound || is_utf8(start, line.end - start))
            read_record(start, &line, field, text + used, &record);
        bool found = record.status == FOUND;
        status[i] = record.status;
        spans[2 * i] = found ? record.from - block : 0;
        spans[2 * i + 1] = found ? record.to - block : 0;
        offsets[i] = used;
        if (found)
            used = record.text_end - text;
    }
    offsets[n_lines] = used;
    return used;
}

/* Where the lines begin, and the block's end behind them; NULL: no memory. */
static int64_t *find_lines(const uint8_t *block, Py_ssize_t size, Py_ssize_t *n_lines)
{
    size_t room = 1024, n = 0;
    int64_t *starts = malloc(room * sizeof *starts);
    for (const uint8_t *p = block, *end = block + size; starts && p < end; n++) {
        if (n + 1 == room) {
            int64_t *larger = realloc(starts, (room *= 2) * sizeof *starts);
            if (!larger)
                free(starts);
            starts = larger;
            if (!starts)
                break;
        }
        starts[n] = p - block;
        const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
        p = newline ? newline + 1 : end;
    }
    if (starts)
        starts[n] = size;
    *n_lines = (Py_ssize_t)n;
    return starts;
}

PyObject *call_records(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer block, name;
    if (!PyArg_ParseTuple(args, "y*y*:records", &block, &name))
        return NULL;
    const Field field = {name.buf, name.len};
    Py_ssize_t n_lines;
    int64_t *lines;
    Py_BEGIN_ALLOW_THREADS
    lines = find_lines(block.buf, block.len, &n_lines);
    Py_END_ALLOW_THREADS

    const Py_ssize_t word = sizeof(int64_t);
    PyObject *starts = lines ? PyBytes_FromStringAndSize((const char *)lines, (n_lines + 1) * word) : PyErr_NoMemory();
    PyObject *spans = PyBytes_FromStringAndSize(NULL, 2 * n_lines * word);
    PyObject *text = PyByteArray_FromStringAndSize(NULL, block.len);
    PyObject *offsets = PyBytes_FromStringAndSize(NULL, (n_lines + 1) * word);
    PyObject *status = PyBytes_FromStringAndSize(NULL, n_lines);
    PyObject *result = NULL;
    if (starts && spans && text && offsets && status) {
        int64_t *spans_at = (int64_t *)PyBytes_AsString(spans);
        int64_t *offsets_at = (int64_t *)PyBytes_AsString(offsets);
        uint8_t *text_at = (uint8_t *)PyByteArray_AsString(text), *status_at = (uint8_t *)PyBytes_AsString(status);
        int64_t used;
        Py_BEGIN_ALLOW_THREADS
        used = read_block(block.buf, block.len, n_lines, &field, lines, spans_at, text_at, offsets_at, status_at);
        Py_END_ALLOW_THREADS
        if (PyByteArray_Resize(text, (Py_ssize_t)used) == 0)
            result = PyTuple_Pack(5, starts, spans, text, offsets, status);
    }
    free(lines);
    Py_XDECREF(starts);
    Py_XDECREF(spans);
    Py_XDECREF(text);
    Py_XDECREF(offsets);
    Py_XDECREF(status);
    PyBuffer_Release(&block);
    PyBuffer_Release(&name);
    return result;
}

/* ---- Back from the text to the raw string */

/* Turns n ascending offsets in the text into offsets in raw, in place; else says what is wrong. */
static const char *map_offsets(const uint8_t *raw, Py_ssize_t size, int64_t *offsets, Py_ssize_t n)
{
    const char *no_string = "raw must be what stands between the quotes of a JSON string";
    const char *no_offset = "text_offsets must ascend, each at the start of a code point of the text or at its end";
    if (!is_utf8(raw, size))
        return no_string;
    const uint8_t *p = raw, *limit = raw + size;
    int64_t at = 0; /* in the text, where p stands in raw */
    Py_ssize_t i = 0;
    while (p < limit) {
        const uint8_t *stop = find_stop(p, limit);
        int64_t last = at;
        for (; i < n && offsets[i] >= last && offsets[i] < at + (stop - p); i++) {
            const uint8_t *here = p + (offsets[i] - at);
            if ((*here & 0xC0) == 0x80)
                break; /* as every bad offset: it is never passed, and found so at the end */
            last = offsets[i];
            offsets[i] = here - raw;
        }
        at += stop - p;
        p = stop;
        if (p == limit)
            break;
        uint8_t ignored[4];
        int written, length = *p == '\\' ? read_escape(p, limit, ignored, &written) : 0;
        if (!length)
            return no_string;
        for (; i < n && offsets[i] == at; i++)
            offsets[i] = p - raw;
        p += length;
        at += written;
    }
    for (; i < n && offsets[i] == at; i++)
        offsets[i] = size;
    return i < n ? no_offset : NULL;
}

PyObject *call_raw_offsets(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer raw, text_offsets;
    if (!PyArg_ParseTuple(args, "y*y*:raw_offsets", &raw, &text_offsets))
        return NULL;
    PyObject *offsets = NULL;
    const char *fault = NULL;
    if (text_offsets.len % (Py_ssize_t)sizeof(int64_t))
        fault = "text_offsets must hold int64 values";
    else if ((offsets = PyBytes_FromStringAndSize(text_offsets.buf, text_offsets.len))) {
        int64_t *offsets_at = (int64_t *)PyBytes_AsString(offsets);
        Py_ssize_t n = text_offsets.len / (Py_ssize_t)sizeof(int64_t);
        Py_BEGIN_ALLOW_THREADS
        fault = map_offsets(raw.buf, raw.len, offsets_at, n);
        Py_END_ALLOW_THREADS
    }
    if (fault) {
        Py_CLEAR(offsets);
        PyErr_SetString(PyExc_ValueError, fault);
    }
    PyBuffer_Release(&raw);
    PyBuffer_Release(&text_offsets);
    return offsets;
}

enum { ROW = 4 }; /* of an edit: document, start, end, rule */

/* Moves the rows' starts and ends from their documents' texts to the block; NULL, or what is wrong. */
static const char *place_rows(const uint8_t *block, Py_ssize_t size, const int64_t *spans, Py_ssize_t n_records,
                              int64_t *rows, Py_ssize_t n, int64_t *scratch)
{
    for (Py_ssize_t first = 0, next; first < n; first = next) {
        int64_t record = rows[first * ROW];
        if (record < 0 || record >= n_records)
            return "rows must name records of the block";
        int64_t from = spans[2 * record], to = spans[2 * record + 1];
        if (from < 0 || from > to || to > size)
            return "spans must lie within the block";
        for (next = first; next < n && rows[next * ROW] == record; next++) {
            scratch[2 * (next - first)] = rows[next * ROW + 1];
            scratch[2 * (next - first) + 1] = rows[next * ROW + 2];
        }
        const char *fault = map_offsets(block + from, (Py_ssize_t)(to - from), scratch, 2 * (next - first));
        if (fault)
            return fault;
        for (Py_ssize_t i = first; i < next; i++) {
            rows[i * ROW + 1] = from + scratch[2 * (i - first)];
            rows[i * ROW + 2] = from + scratch[2 * (i - first) + 1];
        }
    }
    return NULL;
}

PyObject *call_place(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer block, spans, rows;
    if (!PyArg_ParseTuple(args, "y*y*y*:place", &block, &spans, &rows))
        return NULL;
    PyObject *result = NULL;
    const char *fault = NULL;
    Py_ssize_t n = rows.len / (Py_ssize_t)(ROW * sizeof(int64_t));
    int64_t *scratch = malloc((size_t)(2 * n + 1) * sizeof(int64_t));
    if (!scratch)
        PyErr_NoMemory();
    else if (rows.len % (Py_ssize_t)(ROW * sizeof(int64_t)) || spans.len % (Py_ssize_t)(2 * sizeof(int64_t)))
        fault = "rows must hold four int64 values each, spans two";
    else if ((uintptr_t)spans.buf % sizeof(int64_t))
        fault = "spans must be aligned to 8 bytes";
    else if ((result = PyBytes_FromStringAndSize(rows.buf, rows.len))) {
        int64_t *placed = (int64_t *)PyBytes_AsString(result);
        Py_BEGIN_ALLOW_THREADS
        fault = place_rows(block.buf, block.len, spans.buf, spans.len / (Py_ssize_t)(2 * sizeof(int64_t)), placed, n,
                           scratch);
        Py_END_ALLOW_THREADS
    }
    if (fault) {
        Py_CLEAR(result);
        PyErr_SetString(PyExc_ValueError, fault);
    }
    free(scratch);
    PyBuffer_Release(&block);
    PyBuffer_Release(&spans);
    PyBuffer_Release(&rows);
    return result;
}
