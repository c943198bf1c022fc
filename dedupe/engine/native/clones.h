/* Plain loops, compiled once per vector width, chosen at run time.
 *
 * CLONES(result, name, parameters, arguments) makes `name` out of an inline `name_body`, which is told
 * first how many bytes the machine's vectors have.  Against target_clones: those cannot ask for 512-bit
 * vectors (which the signature loop needs: 16 cycles a shingle against 24), and want ifuncs, which musl
 * lacks.
 */
#ifndef DEDUPE_CLONES_H
#define DEDUPE_CLONES_H

#ifdef __GNUC__
#define INLINED static inline __attribute__((always_inline))
#define CLONE(attributes, vector_bytes, result, name, body, parameters, arguments) \
    __attribute__(attributes) static result name parameters                       \
    {                                                                             \
        enum { VECTOR_BYTES = vector_bytes };                                     \
        return body TOLD arguments;                                               \
    }
#else
#define INLINED static inline
#define CLONE(attributes, vector_bytes, result, name, body, parameters, arguments) \
    static result name parameters                                                 \
    {                                                                             \
        enum { VECTOR_BYTES = vector_bytes };                                     \
        return body TOLD arguments;                                               \
    }
#endif
#define TOLD(...) (VECTOR_BYTES, __VA_ARGS__)

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(DEDUPE_NO_CLONES)
#define HAS_CLONES 1
#define V4 target("arch=x86-64-v4,prefer-vector-width=512")
#define V3 target("arch=x86-64-v3")
#define NARROWER_CLONES(result, name, parameters, arguments)                                                       \
    CLONE((noinline, V3), 32, result, name##_v3, name##_body, parameters, arguments)                               \
    CLONE((noinline), 16, result, name##_v1, name##_body, parameters, arguments)                                   \
    static result name##_narrower parameters                                                                       \
    {                                                                                                              \
        return __builtin_cpu_supports("x86-64-v3") ? name##_v3 arguments : name##_v1 arguments;                    \
    }
#define CLONES(result, name, parameters, arguments)                                                                \
    CLONE((noinline, V4), 64, result, name##_v4, name##_body, parameters, arguments)                               \
    NARROWER_CLONES(result, name, parameters, arguments)                                                           \
    static result name parameters                                                                                  \
    {                                                                                                              \
        return __builtin_cpu_supports("x86-64-v4") ? name##_v4 arguments : name##_narrower arguments;              \
    }
/* For bodies that call functions of their own for vectors of a kind: WIDER ones (AVX2) where vector_bytes is 32,
 * WIDEST ones (AVX-512 that packs bytes too, VBMI2: Ice Lake and Zen 4 on) where it is 64. Earlier AVX-512 does as AVX2 does. */
#define WIDER __attribute__((V3))
#define WIDEST __attribute__((target("arch=x86-64-v4,avx512vbmi,avx512vbmi2,prefer-vector-width=512")))
static inline int has_widest(void)
{
    return __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("x86-64-v4");
}
#define CLONES_TO_WIDEST(result, name, parameters, arguments)                                                      \
    WIDEST CLONE((noinline), 64, result, name##_widest, name##_body, parameters, arguments)                        \
    NARROWER_CLONES(result, name, parameters, arguments)                                                           \
    static result name parameters                                                                                  \
    {                                                                                                              \
        return has_widest() ? name##_widest arguments : name##_narrower arguments;                                 \
    }
#else
#define CLONES(result, name, parameters, arguments) \
    CLONE((noinline), 16, result, name, name##_body, parameters, arguments)
#define CLONES_TO_WIDEST CLONES
static inline int has_widest(void)
{
    return 0;
}
#endif

#endif
