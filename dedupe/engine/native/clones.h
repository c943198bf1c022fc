/* Plain loops, compiled once per vector width, chosen at run time.
 *
 * CLONES(result, name, parameters, arguments) makes `name` out of an inline `name_body`.  Against
 * target_clones: those cannot ask for 512-bit vectors (which the signature loop needs: 16 cycles a
 * shingle against 24), and want ifuncs, which musl lacks.
 */
#ifndef DEDUPE_CLONES_H
#define DEDUPE_CLONES_H

#ifdef __GNUC__
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(DEDUPE_NO_CLONES)

#define CLONES(result, name, parameters, arguments)                                             \
    __attribute__((noinline, target("arch=x86-64-v4,prefer-vector-width=512"))) static result name##_v4 parameters \
    {                                                                                           \
        return name##_body arguments;                                                           \
    }                                                                                           \
    __attribute__((noinline, target("arch=x86-64-v3"))) static result name##_v3 parameters                \
    {                                                                                           \
        return name##_body arguments;                                                           \
    }                                                                                           \
    __attribute__((noinline)) static result name##_v1 parameters                                                          \
    {                                                                                           \
        return name##_body arguments;                                                           \
    }                                                                                           \
    static result name parameters                                                               \
    {                                                                                           \
        if (__builtin_cpu_supports("x86-64-v4"))                                                \
            return name##_v4 arguments;                                                         \
        if (__builtin_cpu_supports("x86-64-v3"))                                                \
            return name##_v3 arguments;                                                         \
        return name##_v1 arguments;                                                             \
    }

#else

#define CLONES(result, name, parameters, arguments) \
    static result name parameters                   \
    {                                               \
        return name##_body arguments;               \
    }

#endif
#endif
