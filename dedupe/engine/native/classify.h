/* How words.c looks at a block of text: included once for each vector size that a machine may have.
 *
 * Loops over bytes would say it too, but of one this long GCC makes branches, and vectors larger than the
 * machine's it takes apart into bytes.  Conditions are bytes of ones or zeros.
 */
#ifdef __GNUC__
#define Bytes GLUE(Bytes, VECTOR)
typedef uint8_t Bytes __attribute__((vector_size(VECTOR)));
#define IF(condition) ((Bytes)(condition))
#else
#define Bytes uint8_t
#define IF(condition) ((uint8_t)((condition) ? 0xFF : 0))
#endif
#define CLASSIFY GLUE(classify_, VECTOR)
#define IS(byte, value) IF((byte) == (uint8_t)(value))
#define WITHIN(byte, first, last) IF((byte) - (uint8_t)(first) <= (uint8_t)((last) - (first)))
/* A macro, for how functions give vectors back differs between targets. */
#define LOAD(name, at) Bytes name; memcpy(&name, at, sizeof name)

/* Folds a block to `to` and says in `codes` what begins at each byte. */
INLINED void CLASSIFY(const uint8_t *block, uint8_t *to, uint8_t *codes, int family)
{
    enum { STEP = sizeof(Bytes) };
    for (int i = 0; i < BLOCK; i += STEP, block += STEP, to += STEP, codes += STEP) {
        LOAD(byte, block);
        Bytes lower = byte + (WITHIN(byte, 'A', 'Z') & 32);
        Bytes code = (WITHIN(lower, 'a', 'z') | WITHIN(byte, '0', '9')) & RUN;
        if (family != ASCII) {
            LOAD(second, block + 1);
            LOAD(third, block + 2);
            code |= IS(byte, 0xC2) & (IS(second, 0xA0) | IS(second, 0xAB) | IS(second, 0xBB)) & TWO;
            code |= IS(byte, 0xE2) & IS(second, 0x80) & WITHIN(third, 0x80, 0xBF) & THREE; /* U+2000 to 203F: no word */
        }
        if (family == LATIN) { /* U+00C0 to 00FF; C3 9F, a sharp s, folds to two of them */
            LOAD(first, block - 1);
            LOAD(second, block + 1);
            Bytes lead = IS(byte, 0xC3), is_sharp = (lead & IS(second, 0x9F)) | (IS(first, 0xC3) & IS(byte, 0x9F));
            code |= lead & WITHIN(second, 0x80, 0xBF) & (TWO | (RUN & ~(IS(second, 0x97) | IS(second, 0xB7))));
            lower += IS(first, 0xC3) & WITHIN(byte, 0x80, 0x9E) & ~IS(byte, 0x97) & 32;
            lower = (is_sharp & 's') | (lower & ~is_sharp);
        }
        if (family == CYRILLIC) { /* U+0400 to 045F; D0 90 folds to D0 B0, D0 A0 to D1 80, D0 80 to D1 90 */
            LOAD(first, block - 1);
            LOAD(second, block + 1);
            Bytes lead = IS(byte, 0xD0);
            code |= ((lead & WITHIN(second, 0x80, 0xBF)) | (IS(byte, 0xD1) & WITHIN(second, 0x80, 0x9F))) & (TWO | RUN);
            lower += lead & (WITHIN(second, 0x80, 0x8F) | WITHIN(second, 0xA0, 0xAF)) & 1;
            lower += IS(first, 0xD0) & ((WITHIN(byte, 0x80, 0x8F) & 0x10) | (WITHIN(byte, 0x90, 0x9F) & 0x20)
                              | (WITHIN(byte, 0xA0, 0xAF) & 0xE0));
        }
        if (family == ARABIC) {
            LOAD(second, block + 1);
            Bytes d8 = IS(byte, 0xD8), d9 = IS(byte, 0xD9), db = IS(byte, 0xDB);
            Bytes in_word = (d8 & WITHIN(second, 0xA0, 0xBF))
                | (d9 & (WITHIN(second, 0x80, 0x8A) | WITHIN(second, 0xA0, 0xA9) | WITHIN(second, 0xB1, 0xBF)))
                | (IS(byte, 0xDA) & WITHIN(second, 0x80, 0xBF))
                | (db & (WITHIN(second, 0x80, 0x93) | WITHIN(second, 0xB0, 0xB9)));
            Bytes none = (d8 & (IS(second, 0x8C) | IS(second, 0x9B) | IS(second, 0x9F)))
                | (d9 & WITHIN(second, 0xAA, 0xAD)) | (db & IS(second, 0x94));
            code |= (in_word & (TWO | RUN)) | (none & TWO);
        }
        if (family == EASTERN) {
            LOAD(second, block + 1);
            LOAD(third, block + 2);
            Bytes is_second = WITHIN(second, 0x80, 0xBF), is_third = WITHIN(third, 0x80, 0xBF);
            Bytes e3 = IS(byte, 0xE3), e3_83 = e3 & IS(second, 0x83);
            Bytes han = (WITHIN(byte, 0xE5, 0xE9) & is_second) | (IS(byte, 0xE4) & WITHIN(second, 0xB8, 0xBF));
            Bytes kana = (e3 & IS(second, 0x81) & ~IS(third, 0x80)) /* U+3041 to 3096, 30A1 to 30FA */
                | (e3 & IS(second, 0x82) & ~WITHIN(third, 0x97, 0xA0)) | (e3_83 & ~WITHIN(third, 0xBB, 0xBF));
            Bytes runs = (WITHIN(byte, 0xEB, 0xEC) & is_second) | (IS(byte, 0xEA) & WITHIN(second, 0xB0, 0xBF))
                | (IS(byte, 0xED) & WITHIN(second, 0x80, 0x9D)) | (e3_83 & IS(third, 0xBC)); /* Hangul, U+30FC */
            Bytes none = (e3 & IS(second, 0x80) /* U+3000 to 3004, 3008 to 3020, 30FB, FF01 to FF0F, FF1A to FF20 */
                          & (WITHIN(third, 0x80, 0x84) | WITHIN(third, 0x88, 0xA0)))
                | (e3_83 & IS(third, 0xBB))
                | (IS(byte, 0xEF) & IS(second, 0xBC) & (WITHIN(third, 0x81, 0x8F) | WITHIN(third, 0x9A, 0xA0)));
            Bytes single = han | kana;
            code |= is_third & ((THREE & (single | runs | none)) | (SINGLE & single) | (RUN & runs));
        }
        memcpy(to, &lower, sizeof lower);
        memcpy(codes, &code, sizeof code);
    }
}

#undef Bytes
#undef IF
#undef CLASSIFY
#undef IS
#undef WITHIN
#undef LOAD
#undef VECTOR
