/* The calls of the table of kept documents: a capsule that Python owns, and one batch at a time.
 * Shapes and places are checked here, and nowhere behind. */
#include "native.h"

#include <errno.h>

#include "kept.h"

static const char *const CAPSULE = "dedupe.engine.kept";
enum { MOST_PERM = 1 << 15, MOST_CANDIDATES = 1 << 24 };

/* What the capsule holds: `busy` while a call is under way without the interpreter's lock. */
typedef struct {
    Kept *kept;
    size_t n_perm;
    int busy;
} Handle;

static void close_handle(PyObject *capsule)
{
    Handle *handle = PyCapsule_GetPointer(capsule, CAPSULE);
    kept_free(handle->kept);
    free(handle);
}

static Handle *handle_of(PyObject *capsule)
{
    if (!PyCapsule_IsValid(capsule, CAPSULE)) {
        PyErr_SetString(PyExc_TypeError, "kept must be what kept_open gave");
        return NULL;
    }
    Handle *handle = PyCapsule_GetPointer(capsule, CAPSULE);
    if (handle->busy) {
        PyErr_SetString(PyExc_RuntimeError, "kept is in use by another thread");
        return NULL;
    }
    return handle;
}

/* kept_open(n_perm, bands, rows, threshold, per_bucket=16, most_verified=8, memory=0, directory="/tmp") */
PyObject *call_kept_open(PyObject *module, PyObject *args)
{
    (void)module;
    Py_ssize_t n_perm, n_bands, band_rows, per_bucket = 16, most_verified = 8, memory = 0;
    double threshold;
    PyObject *directory = NULL;
    if (!PyArg_ParseTuple(args, "nnnd|nnnO&:kept_open", &n_perm, &n_bands, &band_rows, &threshold, &per_bucket,
                          &most_verified, &memory, PyUnicode_FSConverter, &directory))
        return NULL;
    const char *fault = NULL;
    if (n_perm < 1 || n_perm > MOST_PERM)
        fault = "n_perm must lie between 1 and 32768";
    else if (n_bands < 1 || band_rows < 1 || n_bands > n_perm / band_rows)
        fault = "bands and rows must be at least 1, and bands * rows at most n_perm";
    else if (!(threshold > 0 && threshold <= 1))
        fault = "threshold must lie above 0 and not above 1";
    else if (per_bucket < 1 || per_bucket > MOST_CANDIDATES / n_bands)
        fault = "per_bucket must be at least 1, and bands * per_bucket at most 2^24";
    else if (most_verified < 1)
        fault = "most_verified must be at least 1";
    else if (memory < 0)
        fault = "memory must be 0, for no limit, or a number of bytes";
    PyObject *capsule = NULL;
    Handle *handle = NULL;
    if (fault) {
        PyErr_SetString(PyExc_ValueError, fault);
    } else if ((handle = calloc(1, sizeof *handle))) {
        KeptOptions options = {(size_t)n_perm,        (size_t)n_bands, (size_t)band_rows, threshold, (size_t)per_bucket,
                               (size_t)most_verified, (size_t)memory,  "/tmp"};
        if (directory)
            options.directory = PyBytes_AsString(directory);
        handle->n_perm = (size_t)n_perm;
        handle->kept = kept_new(&options);
        if (handle->kept)
            capsule = PyCapsule_New(handle, CAPSULE, close_handle);
        else if (errno == ENOMEM)
            PyErr_NoMemory();
        else
            PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, directory);
    } else {
        PyErr_NoMemory();
    }
    if (!capsule && handle) {
        if (handle->kept)
            kept_free(handle->kept);
        free(handle);
    }
    Py_XDECREF(directory);
    return capsule;
}

enum { DIGESTS, SIGNATURES, PLACES, KEEPERS, SHARED, N_COLUMNS };
typedef struct {
    Batch batch;
    Py_buffer columns[N_COLUMNS];
    int n_open;
} Door;

static void door_close(Door *door)
{
    while (door->n_open)
        PyBuffer_Release(&door->columns[--door->n_open]);
    batch_close(&door->batch);
}

static int open_input(Door *door, PyObject *object, size_t bytes, size_t aligned, const char *name)
{
    Py_buffer *view = &door->columns[door->n_open];
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) < 0)
        return -1;
    door->n_open++;
    if ((size_t)view->len == bytes && !(bytes && (uintptr_t)view->buf % aligned))
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must be an aligned buffer of %zu bytes", name, bytes);
    return -1;
}

static int open_output(Door *door, PyObject *object, size_t bytes, const char *name)
{
    if (output_open(&door->columns[door->n_open], object, (Py_ssize_t)bytes, name) < 0)
        return -1;
    door->n_open++;
    return 0;
}

static const char *fault_of_place(const Place *place, int64_t n_bytes)
{
    if (place->file < 0 || place->file >= PLACE_MOST_FILES || place->position < 0
        || place->position >= PLACE_MOST_POSITION || place->n_bytes < 0 || place->n_bytes >= PLACE_MOST_BYTES)
        return "places must hold a file descriptor, a position and a length each";
    if (place->kind != PLAIN && place->kind != JSON_STRING)
        return "places must be of kind 0 or 1";
    if (place->kind == PLAIN ? place->n_bytes != n_bytes : place->n_bytes < n_bytes)
        return "places must be as long as their documents";
    return NULL;
}

static int door_open(Door *door, size_t n_perm, PyObject *const objects[2 + N_COLUMNS], Arrivals *arrivals)
{
    door->n_open = 0;
    if (batch_open(&door->batch, objects[0], objects[1]) < 0)
        return -1;
    const Batch *batch = &door->batch;
    size_t n = (size_t)batch->n;
    PyObject *const *columns = objects + 2;
    if (open_input(door, columns[DIGESTS], 16 * n, 1, "digests") < 0
        || open_input(door, columns[SIGNATURES], 4 * n_perm * n, 4, "signatures") < 0
        || open_input(door, columns[PLACES], sizeof(Place) * n, 8, "places") < 0
        || open_output(door, columns[KEEPERS], 8 * n, "keepers_out") < 0
        || open_output(door, columns[SHARED], 16 * n, "shared_out") < 0) {
        door_close(door);
        return -1;
    }
    *arrivals = (Arrivals){batch->text, batch->offsets, door->columns[DIGESTS].buf, door->columns[SIGNATURES].buf,
                           door->columns[PLACES].buf, n};
    for (size_t i = 0; i < n; i++) {
        const char *fault = fault_of_place(&arrivals->places[i], batch->offsets[i + 1] - batch->offsets[i]);
        if (fault) {
            door_close(door);
            PyErr_SetString(PyExc_ValueError, fault);
            return -1;
        }
    }
    return 0;
}

static PyObject *raise_status(KeptStatus status, int error, const Place *place)
{
    long long from = place->position, to = place->position + place->n_bytes;
    int file = (int)place->file;
    PyObject *details = NULL;
    switch (status) {
    case KEPT_UNREADABLE:
        if ((details = Py_BuildValue("(is)", error, strerror(error)))) {
            PyErr_SetObject(PyExc_OSError, details);
            Py_DECREF(details);
        }
        return NULL;
    case KEPT_CUT:
        return PyErr_Format(PyExc_OSError, "file descriptor %d ends before byte %lld; was it cut while it was read?",
                            file, to);
    case KEPT_CHANGED:
        return PyErr_Format(PyExc_OSError,
                            "file descriptor %d has no JSON string at bytes %lld to %lld; was it changed while it was read?",
                            file, from, to);
    case KEPT_FULL:
        PyErr_SetString(PyExc_OverflowError, "a table holds at most 2^32 - 2 documents");
        return NULL;
    default:
        errno = error;
        return error == ENOMEM ? PyErr_NoMemory() : PyErr_SetFromErrno(PyExc_OSError);
    }
}

/* kept_match(kept, text, offsets, digests, signatures, places, keepers_out, shared_out): the number of documents
 * kept though not all of their candidates were looked at. */
PyObject *call_kept_match(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *objects[2 + N_COLUMNS];
    if (!PyArg_ParseTuple(args, "OOOOOOOO:kept_match", &capsule, &objects[0], &objects[1], &objects[2], &objects[3],
                          &objects[4], &objects[5], &objects[6]))
        return NULL;
    Handle *handle = handle_of(capsule);
    Door door;
    Arrivals arrivals;
    if (!handle || door_open(&door, handle->n_perm, objects, &arrivals) < 0)
        return NULL;
    int64_t n_bounded;
    Place place = {0, 0, 0, 0};
    KeptStatus status;
    int error;
    handle->busy = 1;
    Py_BEGIN_ALLOW_THREADS
    status = kept_decide(handle->kept, &arrivals, door.columns[KEEPERS].buf, door.columns[SHARED].buf, &n_bounded,
                         &place);
    error = errno;
    Py_END_ALLOW_THREADS
    handle->busy = 0;
    door_close(&door);
    return status == KEPT_OK ? PyLong_FromLongLong(n_bounded) : raise_status(status, error, &place);
}

static PyObject *call_number(PyObject *args, const char *format, size_t number(const Kept *))
{
    PyObject *capsule;
    if (!PyArg_ParseTuple(args, format, &capsule))
        return NULL;
    Handle *handle = handle_of(capsule);
    return handle ? PyLong_FromSize_t(number(handle->kept)) : NULL;
}

/* kept_count(kept): documents kept. */
PyObject *call_kept_count(PyObject *module, PyObject *args)
{
    (void)module;
    return call_number(args, "O:kept_count", kept_number);
}

/* kept_bytes(kept): of memory or of files, held for them. */
PyObject *call_kept_bytes(PyObject *module, PyObject *args)
{
    (void)module;
    return call_number(args, "O:kept_bytes", kept_memory);
}

/* kept_expect(kept, n): about how many documents will be kept in all. */
PyObject *call_kept_expect(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "On:kept_expect", &capsule, &n))
        return NULL;
    Handle *handle = handle_of(capsule);
    if (!handle)
        return NULL;
    if (n >= 0 && n <= UINT32_MAX) /* else it is no estimate */
        kept_expect(handle->kept, (size_t)n);
    Py_RETURN_NONE;
}
