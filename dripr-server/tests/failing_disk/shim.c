/*
 * A disk that fails on demand, put between a program and the C library with LD_PRELOAD.
 *
 * DISK_FAILS names a folder. While it holds a file named "sync", nothing can be synced. While it holds one named
 * "read-only", no file can be written, made, renamed, linked or removed. The standard streams always work.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

/* Whether a failure is switched on. */
static int fails(const char *how)
{
    const char *folder = getenv("DISK_FAILS");
    char path[4096];
    int before = errno;
    int on = folder != NULL && snprintf(path, sizeof path, "%s/%s", folder, how) < (int)sizeof path
        && access(path, F_OK) == 0;
    errno = before;
    return on;
}

/* Whether it is a file or a folder on the disk, and not a pipe, a socket or a standard stream. */
static int on_disk(int fd)
{
    struct stat status;
    return fd > STDERR_FILENO && fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

/* Whether opening it would write to the disk. */
static int writes(int folder, const char *path, int flags)
{
    struct stat status;
    if ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC)))
        return 0;
    return fstatat(folder, path, &status, 0) != 0 || S_ISREG(status.st_mode);
}

static int refused(int error)
{
    errno = error;
    return -1;
}

#define SYNC(name) \
    int name(int fd) \
    { \
        return on_disk(fd) && fails("sync") ? refused(EIO) : NEXT(name)(fd); \
    }
SYNC(fsync)
SYNC(fdatasync)

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (fails("read-only") && writes(AT_FDCWD, path, flags)) \
            return refused(EROFS); \
        return NEXT(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) \
    { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (fails("read-only") && writes(folder, path, flags)) \
            return refused(EROFS); \
        return NEXT(name)(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

/* Calls that write to an open file: what they give back, how they are called, and with what. */
#define WRITE(type, name, wanted, given) \
    type name wanted \
    { \
        return on_disk(fd) && fails("read-only") ? refused(EROFS) : NEXT(name) given; \
    }
WRITE(ssize_t, write, (int fd, const void *bytes, size_t length), (fd, bytes, length))
WRITE(ssize_t, pwrite, (int fd, const void *bytes, size_t length, off_t at), (fd, bytes, length, at))
WRITE(ssize_t, pwrite64, (int fd, const void *bytes, size_t length, off64_t at), (fd, bytes, length, at))
WRITE(int, ftruncate, (int fd, off_t length), (fd, length))
WRITE(int, ftruncate64, (int fd, off64_t length), (fd, length))

/* Calls that change a folder. */
#define CHANGE(name, wanted, given) \
    int name wanted \
    { \
        return fails("read-only") ? refused(EROFS) : NEXT(name) given; \
    }
CHANGE(rename, (const char *from, const char *to), (from, to))
CHANGE(link, (const char *from, const char *to), (from, to))
CHANGE(linkat, (int from_in, const char *from, int to_in, const char *to, int flags), (from_in, from, to_in, to, flags))
CHANGE(unlink, (const char *path), (path))
CHANGE(unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
CHANGE(mkdir, (const char *path, mode_t mode), (path, mode))
