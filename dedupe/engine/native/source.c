/* From a file descriptor to whole lines, without a copy: read into the object that Python gets, cut behind the last
 * line by making it shorter (a bytearray, for the Limited API cannot shorten bytes). */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

enum {
    PATIENCE = 1,     /* ms that a pipe which has given something may take to give more, */
    MOST_PATIENCE = 8 /* and all of them together */
};

/* A pipe comes to hold n bytes, if the system lets it: whoever fills it is waited for, and waits, less often. */
static void widen_pipe(int fd, Py_ssize_t n)
{
#if defined(F_SETPIPE_SZ)
    int size = fcntl(fd, F_GETPIPE_SZ); /* -1: no pipe */
    if (size > 0 && size < n && n <= INT_MAX)
        fcntl(fd, F_SETPIPE_SZ, (int)n);
#else
    (void)fd, (void)n;
#endif
}

static const char *after_last_line(const char *from, const char *to)
{
    while (to > from && to[-1] != '\n') {
#if defined(__GLIBC__)
        const char *last = memrchr(from, '\n', (size_t)(to - from));
        return last ? last + 1 : from;
#else
        to--;
#endif
    }
    return to;
}

/* Up to n bytes into `to`, until the end, or until a pipe has no more for now; gives how many, -1 with errno. */
static Py_ssize_t read_some(int fd, char *to, Py_ssize_t n, int *is_over)
{
    Py_ssize_t done = 0;
    for (int waited = 0; done < n;) {
        ssize_t got = read(fd, to + done, (size_t)(n - done));
        if (got < 0 && errno == EAGAIN && !done && poll(&(struct pollfd){fd, POLLIN, 0}, 1, -1) > 0)
            continue; /* somebody has made it a descriptor that does not wait */
        if (got < 0)
            return done && (errno == EAGAIN || errno == EINTR) ? done : -1;
        *is_over = got == 0;
        if (*is_over)
            break;
        done += got;
        struct pollfd more = {fd, POLLIN, 0};
        if (done < n && poll(&more, 1, 0) == 0 && (waited += PATIENCE) <= MOST_PATIENCE && poll(&more, 1, PATIENCE) == 0)
            break;
        if (waited > MOST_PATIENCE)
            break;
    }
    return done;
}

/* read_lines(fd, before, n_bytes): `before` and what follows it in the file, about n_bytes or as much as makes a line
 * whole, up to the last line's end; and the bytes behind that.  At the file's end all, and nothing behind. */
PyObject *call_read_lines(PyObject *module, PyObject *args)
{
    (void)module;
    int fd, is_over = 0;
    const char *before;
    Py_ssize_t n_before, n_bytes;
    if (!PyArg_ParseTuple(args, "iy#n:read_lines", &fd, &before, &n_before, &n_bytes))
        return NULL;
    if (n_bytes < 1 || n_bytes > PY_SSIZE_T_MAX / 4 - n_before) {
        PyErr_SetString(PyExc_ValueError, "n_bytes must be at least 1");
        return NULL;
    }
    Py_ssize_t room = n_before + n_bytes, n = n_before, n_lines = 0;
    PyObject *lines = PyByteArray_FromStringAndSize(NULL, room), *rest = NULL;
    if (!lines)
        return NULL;
    memcpy(PyByteArray_AsString(lines), before, (size_t)n_before);
    widen_pipe(fd, n_bytes);
    while (!n_lines && !is_over) {
        if (n == room && PyByteArray_Resize(lines, room *= 2) < 0) /* a line longer than all that */
            goto failed;
        char *at = PyByteArray_AsString(lines);
        Py_ssize_t got;
        int error;
        Py_BEGIN_ALLOW_THREADS
        got = read_some(fd, at + n, room - n, &is_over);
        error = errno;
        n_lines = got < 0 ? 0 : is_over ? n + got : after_last_line(at, at + n + got) - at;
        Py_END_ALLOW_THREADS
        errno = error;
        if (got < 0 && (errno == EINTR ? PyErr_CheckSignals() < 0 : !PyErr_SetFromErrno(PyExc_OSError)))
            goto failed;
        n += got < 0 ? 0 : got;
    }
    rest = PyBytes_FromStringAndSize(PyByteArray_AsString(lines) + n_lines, n - n_lines);
    if (rest && PyByteArray_Resize(lines, n_lines) == 0)
        return Py_BuildValue("NN", lines, rest);
failed:
    Py_DECREF(lines);
    Py_XDECREF(rest);
    return NULL;
}
