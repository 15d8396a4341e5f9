/* Loaded into everything that runs on a node (/etc/ld.so.preload): whenever a file of its guard is synced, a copy of what it holds then is
 * kept apart. After a power loss restore.sh puts the copies in the place of the files. Names count as durable with the file. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GUARD "/var/lib/sena/guard/"
#define COPIES "/srv/disk/synced/"

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Renamed when it is whole: power may be lost meanwhile. */
static void keep_path(const char *path, const char *name) {
  char making[PATH_MAX], copy[PATH_MAX], bytes[65536];
  struct stat state;
  int from = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (from < 0) return;
  if (fstat(from, &state) == 0 && S_ISREG(state.st_mode)) {
    snprintf(making, sizeof making, COPIES ".%d.%s", (int)getpid(), name);
    snprintf(copy, sizeof copy, COPIES "%s", name);
    int to = syscall(SYS_openat, AT_FDCWD, making, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    if (to >= 0) {
      ssize_t got;
      while ((got = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)got) != got) break;
      syscall(SYS_close, to);
      syscall(SYS_renameat, AT_FDCWD, making, AT_FDCWD, copy);
    }
  }
  syscall(SYS_close, from);
}

static void keep(int fd) {
  char link[64], path[PATH_MAX];
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length > 0) {
    path[length] = 0;
    size_t prefix = strlen(GUARD);
    if (strncmp(path, GUARD, prefix) == 0 && strchr(path + prefix, '/') == NULL) keep_path(path, path + prefix);
  }
  errno = saved;
}

static void keep_all(void) {
  int saved = errno;
  DIR *directory = opendir(GUARD);
  if (directory != NULL) {
    char path[PATH_MAX];
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
      if (entry->d_name[0] == '.') continue;
      snprintf(path, sizeof path, GUARD "%s", entry->d_name);
      keep_path(path, entry->d_name);
    }
    closedir(directory);
  }
  errno = saved;
}

/* Removals count as durable at once. Names of the guard's files are nobody else's. */
static void forget(const char *path) {
  char copy[PATH_MAX];
  const char *name = strrchr(path, '/');
  int saved = errno;
  name = name == NULL ? path : name + 1;
  if (*name != '.' && snprintf(copy, sizeof copy, COPIES "%s", name) < (int)sizeof copy)
    syscall(SYS_unlinkat, AT_FDCWD, copy, 0);
  errno = saved;
}

int unlink(const char *path) {
  int failed = REAL(unlink)(path);
  if (failed == 0) forget(path);
  return failed;
}

int unlinkat(int directory, const char *path, int flags) {
  int failed = REAL(unlinkat)(directory, path, flags);
  if (failed == 0 && flags == 0) forget(path);
  return failed;
}

int fsync(int fd) {
  int failed = REAL(fsync)(fd);
  if (failed == 0) keep(fd);
  return failed;
}

int fdatasync(int fd) {
  int failed = REAL(fdatasync)(fd);
  if (failed == 0) keep(fd);
  return failed;
}

int syncfs(int fd) {
  int failed = REAL(syncfs)(fd);
  if (failed == 0) keep_all();
  return failed;
}

void sync(void) {
  REAL(sync)();
  keep_all();
}
