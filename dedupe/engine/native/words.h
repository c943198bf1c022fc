/* The words of a document, hashed; `words-1` of ../reference/words.py. */
#ifndef DEDUPE_WORDS_H
#define DEDUPE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
    WIDTH = 5,         /* words of a shingle */
    WIDTH_SINGLES = 8, /* the same where most words are single code points */
};

/* Reads a document chunk by chunk, so that its memory does not grow with the document. */
typedef struct {
    uint64_t *hashes;  /* of this chunk's words, with room for WIDTH_SINGLES - 1 before them */
    size_t n_words;    /* in this chunk */
    size_t n_singles;  /* of them, words that are one code point of a script without spaces */

    int width;         /* of this document's shingles: WIDTH or WIDTH_SINGLES; known with the first chunk */

    /* The rest is words.c's own. */
    const uint8_t *at, *end;
    void *memory;            /* of all the buffers */
    size_t room;             /* raw bytes that the buffers are made for */
    uint8_t *folded, *plain; /* the chunk folded; a stretch of it that NFC changes, on the way there */
    uint32_t *starts, *ends; /* of words, in `folded` */
    uint32_t *longs;         /* which words have more than 16 bytes */
    uint64_t *low, *high;    /* the words' bytes, for those of at most 16 */
    uint8_t carried[16];     /* the last bytes of a word that the chunk's end cut through, */
    size_t n_carried;
    uint64_t carried_hash;   /* and the hash of its bytes before those */
    int is_carried;
    int counts_only; /* the pass that finds the width of a document of many chunks */
} Words;

/* Each gives -1 for want of memory.  Between words_read and the last words_next the text must stay. */
int words_open(Words *words);
void words_close(Words *words);
int words_read(Words *words, const uint8_t *text, size_t n_bytes);
int words_next(Words *words); /* 1: a chunk; 0: the document is over */

#pragma GCC visibility pop

#endif
