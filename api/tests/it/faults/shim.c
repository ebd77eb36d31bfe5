/*
 * A disk that fails when it is told to. Loaded before everything else (LD_PRELOAD), it stands between a program and
 * the functions of libc that write, and fails those that concern chosen files.
 *
 *   FAULT_PATH     a text; files whose path contains it are concerned
 *   FAULT_CONTROL  a file that says what happens, read anew at each call:
 *
 *     none              nothing
 *     enospc            what writes, grows or creates a file fails: no space
 *     enospc-after N    so it does after N more bytes; the write that meets the end is a short one. The count begins
 *                       anew when the text changes, so a further word (`enospc-after 100 again`) restarts it
 *     eio               what writes, grows or creates a file fails: I/O error
 *     eio-sync          writes succeed, and fsync and fdatasync fail: I/O error
 *     slow MS           each write and each sync takes so many milliseconds more
 *     hold              each waits until the text is another one
 *
 * Each time that something happened to a call, FAULT_CONTROL.hits gets one more byte: w for a write, g for growing,
 * c for creating, s for a sync. Whoever waits for it knows that the fault was met.
 *
 * It looks at files through system calls of its own and never through what it replaces. Pages that are written
 * through a mapping (SQLite's -shm) pass it by.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 128, PATH = 4096, PIECES = 1024 };

enum mode { NONE, ENOSPC_NOW, ENOSPC_AFTER, EIO_WRITE, EIO_SYNC, SLOW, HOLD };

enum act { WRITE = 'w', GROW = 'g', CREATE = 'c', SYNC = 's' };

struct order {
    enum mode mode;
    unsigned long long number;
    char text[TEXT];
};

/* What becomes of a call: an error, or so many bytes that are let through. */
struct fate {
    int error;
    size_t allowed;
};

/* The space that is left, as long as the order is this one. */
static pthread_mutex_t budget_lock = PTHREAD_MUTEX_INITIALIZER;
static char budget_text[TEXT];
static unsigned long long budget;

#define REAL(name)                                                                                                     \
    static __typeof__(&name) real;                                                                                     \
    __typeof__(&name) function = __atomic_load_n(&real, __ATOMIC_ACQUIRE);                                             \
    if (function == NULL) {                                                                                            \
        function = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                                         \
        if (function == NULL)                                                                                          \
            abort();                                                                                                   \
        __atomic_store_n(&real, function, __ATOMIC_RELEASE);                                                           \
    }

static int raw_open(const char *path, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static void pause_for(unsigned long long milliseconds) {
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000L};
    while (syscall(SYS_nanosleep, &left, &left) != 0 && errno == EINTR) {
    }
}

static int concerns_path(const char *path) {
    const char *part = getenv("FAULT_PATH");
    return part != NULL && *part != '\0' && path != NULL && strstr(path, part) != NULL;
}

static int concerns_file(int fd) {
    char link[64], path[PATH];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = '\0';
    return concerns_path(path);
}

static struct order read_order(void) {
    struct order order = {NONE, 0, ""};
    const char *control = getenv("FAULT_CONTROL");
    if (control == NULL)
        return order;
    int fd = raw_open(control, O_RDONLY, 0);
    if (fd < 0)
        return order;
    long length = syscall(SYS_read, fd, order.text, sizeof order.text - 1);
    syscall(SYS_close, fd);
    order.text[length > 0 ? length : 0] = '\0';

    char word[TEXT] = "none";
    int found = sscanf(order.text, "%127s %llu", word, &order.number);
    if (strcmp(word, "enospc") == 0)
        order.mode = ENOSPC_NOW;
    else if (strcmp(word, "enospc-after") == 0 && found == 2)
        order.mode = ENOSPC_AFTER;
    else if (strcmp(word, "eio") == 0)
        order.mode = EIO_WRITE;
    else if (strcmp(word, "eio-sync") == 0)
        order.mode = EIO_SYNC;
    else if (strcmp(word, "slow") == 0 && found == 2)
        order.mode = SLOW;
    else if (strcmp(word, "hold") == 0)
        order.mode = HOLD;
    else if (strcmp(word, "none") != 0)
        abort(); /* A fault that is misspelt must not look like a disk that works. */
    return order;
}

static void hit(enum act act) {
    const char *control = getenv("FAULT_CONTROL");
    char path[PATH], letter = (char)act;
    if (snprintf(path, sizeof path, "%s.hits", control) >= (int)sizeof path)
        return;
    int fd = raw_open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd < 0)
        return;
    syscall(SYS_write, fd, &letter, 1L);
    syscall(SYS_close, fd);
}

/* Takes as much of the space that is left as there is; growing takes all that it wants, or nothing. */
static struct fate spend(const struct order *order, enum act act, size_t amount) {
    struct fate fate = {0, amount};
    pthread_mutex_lock(&budget_lock);
    if (strcmp(budget_text, order->text) != 0) {
        strcpy(budget_text, order->text);
        budget = order->number;
    }
    if (act == CREATE) {
        fate.error = budget == 0 ? ENOSPC : 0;
    } else if (amount > budget) {
        if (act == GROW || budget == 0)
            fate.error = ENOSPC;
        else
            fate.allowed = (size_t)budget;
    }
    if (fate.error == 0 && act != CREATE)
        budget -= fate.allowed;
    pthread_mutex_unlock(&budget_lock);
    return fate;
}

/* Decides on a call that concerns us, after the time that it has to take. */
static struct fate decide(enum act act, size_t amount) {
    struct fate fate = {0, amount};
    int is_held = 0;
    for (;;) {
        struct order order = read_order();
        if (order.mode == HOLD && act != CREATE) {
            if (!is_held)
                hit(act);
            is_held = 1;
            pause_for(2);
            continue;
        }
        if (act == SYNC) {
            fate.error = order.mode == EIO_SYNC ? EIO : 0;
        } else if (order.mode == ENOSPC_NOW) {
            fate.error = ENOSPC;
        } else if (order.mode == EIO_WRITE) {
            fate.error = EIO;
        } else if (order.mode == ENOSPC_AFTER) {
            fate = spend(&order, act, amount);
        }
        int is_slow = order.mode == SLOW && act != CREATE;
        if (fate.error != 0 || fate.allowed < amount || is_slow)
            hit(act);
        if (is_slow)
            pause_for(order.number);
        return fate;
    }
}

/* As `decide`, for a file; errno stays as it is unless there is an error. */
static struct fate fate_of(int fd, enum act act, size_t amount) {
    struct fate fate = {0, amount};
    int before = errno;
    if (concerns_file(fd))
        fate = decide(act, amount);
    errno = fate.error != 0 ? fate.error : before;
    return fate;
}

/* By how much a file grows when it ends there. */
static size_t growth(int fd, off_t end) {
    struct stat facts;
    int before = errno;
    int is_known = fstat(fd, &facts) == 0;
    errno = before;
    return is_known && end > facts.st_size ? (size_t)(end - facts.st_size) : 0;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write)
    struct fate fate = fate_of(fd, WRITE, count);
    return fate.error != 0 ? -1 : function(fd, bytes, fate.allowed);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    REAL(pwrite)
    struct fate fate = fate_of(fd, WRITE, count);
    return fate.error != 0 ? -1 : function(fd, bytes, fate.allowed, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64)
    struct fate fate = fate_of(fd, WRITE, count);
    return fate.error != 0 ? -1 : function(fd, bytes, fate.allowed, at);
}

/* The fate of a write in pieces, of which `clipped` gets those that are let through. */
static struct fate fate_of_pieces(int fd, const struct iovec *pieces, int *count, struct iovec *clipped) {
    size_t total = 0;
    if (*count < 0 || *count > PIECES)
        return (struct fate){0, 0}; /* The real function refuses it. */
    for (int at = 0; at < *count; at++) {
        clipped[at] = pieces[at];
        total += pieces[at].iov_len;
    }
    struct fate fate = fate_of(fd, WRITE, total);
    size_t left = fate.allowed;
    for (int at = 0; at < *count && fate.allowed < total; at++) {
        if (clipped[at].iov_len >= left) {
            clipped[at].iov_len = left;
            *count = at + 1;
        }
        left -= clipped[at].iov_len;
    }
    return fate;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    REAL(writev)
    struct iovec clipped[PIECES];
    struct fate fate = fate_of_pieces(fd, pieces, &count, clipped);
    return fate.error != 0 ? -1 : function(fd, clipped, count);
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) {
    REAL(pwritev)
    struct iovec clipped[PIECES];
    struct fate fate = fate_of_pieces(fd, pieces, &count, clipped);
    return fate.error != 0 ? -1 : function(fd, clipped, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at) {
    REAL(pwritev64)
    struct iovec clipped[PIECES];
    struct fate fate = fate_of_pieces(fd, pieces, &count, clipped);
    return fate.error != 0 ? -1 : function(fd, clipped, count, at);
}

/* Shrinking needs no space. */
int ftruncate(int fd, off_t end) {
    REAL(ftruncate)
    size_t more = growth(fd, end);
    return more > 0 && fate_of(fd, GROW, more).error != 0 ? -1 : function(fd, end);
}

int ftruncate64(int fd, off64_t end) {
    REAL(ftruncate64)
    size_t more = growth(fd, end);
    return more > 0 && fate_of(fd, GROW, more).error != 0 ? -1 : function(fd, end);
}

int fallocate(int fd, int mode, off_t at, off_t length) {
    REAL(fallocate)
    return fate_of(fd, GROW, growth(fd, at + length)).error != 0 ? -1 : function(fd, mode, at, length);
}

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    REAL(fallocate64)
    return fate_of(fd, GROW, growth(fd, at + length)).error != 0 ? -1 : function(fd, mode, at, length);
}

/* These two return the error and leave errno alone. */
int posix_fallocate(int fd, off_t at, off_t length) {
    REAL(posix_fallocate)
    int before = errno;
    int error = fate_of(fd, GROW, growth(fd, at + length)).error;
    errno = before;
    return error != 0 ? error : function(fd, at, length);
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    REAL(posix_fallocate64)
    int before = errno;
    int error = fate_of(fd, GROW, growth(fd, at + length)).error;
    errno = before;
    return error != 0 ? error : function(fd, at, length);
}

int fsync(int fd) {
    REAL(fsync)
    return fate_of(fd, SYNC, 0).error != 0 ? -1 : function(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync)
    return fate_of(fd, SYNC, 0).error != 0 ? -1 : function(fd);
}

/* Whether a file may be made there; one that exists needs nothing. */
static int may_open(int folder, const char *path, int flags) {
    int before = errno, error = 0;
    if ((flags & O_CREAT) != 0 && concerns_path(path) && syscall(SYS_faccessat, folder, path, F_OK) != 0)
        error = decide(CREATE, 0).error;
    errno = error != 0 ? error : before;
    return error == 0;
}

#define MODE_OF_NEW(flags)                                                                                             \
    mode_t mode = 0;                                                                                                   \
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    REAL(open)
    MODE_OF_NEW(flags)
    return may_open(AT_FDCWD, path, flags) ? function(path, flags, mode) : -1;
}

int open64(const char *path, int flags, ...) {
    REAL(open64)
    MODE_OF_NEW(flags)
    return may_open(AT_FDCWD, path, flags) ? function(path, flags, mode) : -1;
}

int openat(int folder, const char *path, int flags, ...) {
    REAL(openat)
    MODE_OF_NEW(flags)
    return may_open(folder, path, flags) ? function(folder, path, flags, mode) : -1;
}

int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64)
    MODE_OF_NEW(flags)
    return may_open(folder, path, flags) ? function(folder, path, flags, mode) : -1;
}
