/* Loaded into processes whose clock is to be wrong (LD_PRELOAD, or /etc/ld.so.preload on a node): the time of day is off by as many
 * milliseconds as a file says, in text. The file is mapped when the process starts: it is written in place, and never cut.
 *
 * SENA_FAULT_CLOCK: that file; /srv/clock by default. SENA_TRUE_CLOCK: this process is told the true time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *text; /* NULL: there is no such file */
static int (*real_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("SENA_FAULT_CLOCK");
  struct stat state;
  real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  if (getenv("SENA_TRUE_CLOCK") != NULL) return;
  int file = open(path != NULL ? path : "/srv/clock", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  /* Behind the end of a file its page holds zeros, which end the text. */
  if (fstat(file, &state) == 0 && state.st_size > 0 && state.st_size < 4096) {
    void *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) text = mapped;
  }
  close(file);
}

static long long offset_ms(void) {
  if (text == NULL) return 0;
  const char *at = text;
  long long value = 0;
  int is_negative = *at == '-';
  if (is_negative) at++;
  for (; *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
  return is_negative ? -value : value;
}

int clock_gettime(clockid_t which, struct timespec *out) {
  int failed = real_gettime != NULL ? real_gettime(which, out) : (int)syscall(SYS_clock_gettime, which, out);
  if (failed != 0 || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)) return failed;
  long long offset = offset_ms();
  if (offset == 0) return 0;
  long long nanoseconds = out->tv_nsec + (offset % 1000) * 1000000LL;
  out->tv_sec += offset / 1000;
  if (nanoseconds < 0) {
    nanoseconds += 1000000000LL;
    out->tv_sec -= 1;
  } else if (nanoseconds >= 1000000000LL) {
    nanoseconds -= 1000000000LL;
    out->tv_sec += 1;
  }
  out->tv_nsec = nanoseconds;
  return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (out != NULL) *out = now.tv_sec;
  return now.tv_sec;
}
