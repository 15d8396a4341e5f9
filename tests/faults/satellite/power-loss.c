/* Loaded into a satellite's process (LD_PRELOAD): keeps, beside each file of its state directory, a second copy that holds what the file
 * held at its last fsync. After a "power loss" the harness puts the second copies in the place of the files. Directory changes (new names,
 * renames, removals) count as durable at once; bytes and lengths only after fsync or fdatasync.
 *
 * SENA_FAULT_DISK_OF: the directory whose files are watched. SENA_FAULT_DISK: where the second copies are kept. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_MAX 4096
#define RANGES_MAX 4096

struct range { off_t from, to; };
struct watched {
  char *name;            /* of the second copy, without its directory; NULL: not watched */
  struct range *ranges;  /* written since the last sync; shared by nobody */
  int count;
  int everything;        /* too many ranges: copy the whole file */
};

static struct watched table[FDS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *watched_directory, *disk;
static size_t watched_length;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  watched_directory = getenv("SENA_FAULT_DISK_OF");
  disk = getenv("SENA_FAULT_DISK");
  watched_length = watched_directory && disk ? strlen(watched_directory) : 0;
}

static const char *name_in_directory(const char *path) {
  if (watched_length == 0 || path == NULL) return NULL;
  if (strncmp(path, watched_directory, watched_length) != 0 || path[watched_length] != '/') return NULL;
  const char *name = path + watched_length + 1;
  if (*name == 0 || strchr(name, '/') != NULL) return NULL;
  size_t length = strlen(name);
  /* The index of a write-ahead log is made anew after a crash. */
  if (length > 4 && strcmp(name + length - 4, "-shm") == 0) return NULL;
  return name;
}

static void copy_path(char *out, const char *name) { snprintf(out, PATH_MAX, "%s/%s", disk, name); }

/* A file that is open for writing alone is read through a descriptor of our own. */
static int open_to_read(int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
}

static void copy_range(int file, int to, off_t start, off_t end) {
  char bytes[65536];
  int from = open_to_read(file);
  if (from < 0) return;
  while (start < end) {
    size_t wanted = (size_t)(end - start) < sizeof bytes ? (size_t)(end - start) : sizeof bytes;
    ssize_t got = syscall(SYS_pread64, from, bytes, wanted, start);
    if (got <= 0) break;
    syscall(SYS_pwrite64, to, bytes, (size_t)got, start);
    start += got;
  }
  syscall(SYS_close, from);
}

/* The whole file as it is now, when there is no second copy yet: what an earlier process left counts as written to disk. */
static void first_copy(int fd, const char *name, int is_new) {
  char path[PATH_MAX];
  copy_path(path, name);
  struct stat state;
  if (is_new || stat(path, &state) == 0 || fstat(fd, &state) != 0 || state.st_size == 0) return;
  int to = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  if (to < 0) return;
  copy_range(fd, to, 0, state.st_size);
  syscall(SYS_close, to);
}

static void forget(int fd) {
  if (fd < 0 || fd >= FDS_MAX || table[fd].name == NULL) return;
  pthread_mutex_lock(&lock);
  free(table[fd].name);
  free(table[fd].ranges);
  table[fd] = (struct watched){0};
  pthread_mutex_unlock(&lock);
}

static int watch(int fd, const char *path, int is_new) {
  const char *name = fd >= 0 && fd < FDS_MAX ? name_in_directory(path) : NULL;
  struct stat state;
  if (name == NULL || fstat(fd, &state) != 0 || S_ISDIR(state.st_mode)) {
    /* Who closes past this library leaves the number behind: it is another file's now. */
    forget(fd);
    return fd;
  }
  int saved = errno;
  pthread_mutex_lock(&lock);
  free(table[fd].name);
  free(table[fd].ranges);
  table[fd] = (struct watched){.name = strdup(name)};
  first_copy(fd, name, is_new);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return fd;
}

static void wrote(int fd, off_t from, ssize_t length) {
  if (length <= 0 || fd < 0 || fd >= FDS_MAX || table[fd].name == NULL) return;
  pthread_mutex_lock(&lock);
  struct watched *file = &table[fd];
  if (file->ranges == NULL) file->ranges = malloc(sizeof(struct range) * RANGES_MAX);
  if (file->ranges == NULL || file->count == RANGES_MAX) file->everything = 1;
  else file->ranges[file->count++] = (struct range){from, from + length};
  pthread_mutex_unlock(&lock);
}

/* Other descriptors of the same file may have written too: their ranges are on disk with this one's. */
static void synced(int fd) {
  if (fd < 0 || fd >= FDS_MAX || table[fd].name == NULL) return;
  int saved = errno;
  pthread_mutex_lock(&lock);
  const char *name = table[fd].name;
  char path[PATH_MAX];
  copy_path(path, name);
  struct stat state;
  int to = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0600);
  if (to >= 0 && fstat(fd, &state) == 0) {
    syscall(SYS_ftruncate, to, state.st_size);
    for (int other = 0; other < FDS_MAX; other++) {
      struct watched *file = &table[other];
      if (file->name == NULL || strcmp(file->name, name) != 0) continue;
      if (file->everything) copy_range(fd, to, 0, state.st_size);
      else for (int index = 0; index < file->count; index++) copy_range(fd, to, file->ranges[index].from, file->ranges[index].to);
      file->count = 0;
      file->everything = 0;
    }
  }
  if (to >= 0) syscall(SYS_close, to);
  pthread_mutex_unlock(&lock);
  errno = saved;
}

#define OPEN(symbol)                                                                                   \
  int symbol(const char *path, int flags, ...) {                                                       \
    va_list more;                                                                                      \
    va_start(more, flags);                                                                             \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;                            \
    va_end(more);                                                                                      \
    int is_new = name_in_directory(path) != NULL && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0; \
    return watch(REAL(symbol)(path, flags, mode), path, is_new);                                       \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  forget(fd);
  return REAL(close)(fd);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  int is_watched = fd >= 0 && fd < FDS_MAX && table[fd].name != NULL;
  off_t at = is_watched ? lseek(fd, 0, SEEK_CUR) : 0;
  ssize_t done = REAL(write)(fd, bytes, length);
  if (is_watched) wrote(fd, at, done);
  return done;
}

#define PWRITE(symbol, offset_type)                                            \
  ssize_t symbol(int fd, const void *bytes, size_t length, offset_type at) {   \
    ssize_t done = REAL(symbol)(fd, bytes, length, at);                        \
    wrote(fd, at, done);                                                       \
    return done;                                                               \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define SYNC(symbol)                     \
  int symbol(int fd) {                   \
    int failed = REAL(symbol)(fd);       \
    if (failed == 0) synced(fd);         \
    return failed;                       \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  int failed = REAL(rename)(from, to);
  const char *old_name = name_in_directory(from), *new_name = name_in_directory(to);
  if (failed == 0 && old_name != NULL && new_name != NULL) {
    char old_copy[PATH_MAX], new_copy[PATH_MAX];
    copy_path(old_copy, old_name);
    copy_path(new_copy, new_name);
    syscall(SYS_renameat, AT_FDCWD, old_copy, AT_FDCWD, new_copy);
  }
  return failed;
}

int unlink(const char *path) {
  int failed = REAL(unlink)(path);
  const char *name = name_in_directory(path);
  if (failed == 0 && name != NULL) {
    char copy[PATH_MAX];
    copy_path(copy, name);
    syscall(SYS_unlinkat, AT_FDCWD, copy, 0);
  }
  return failed;
}
