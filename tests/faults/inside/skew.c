/* LD_PRELOADed into a Weft whose machines don't agree about the time: shifts the wall clock of one process, and no other.
 *
 * $WEFT_CLOCKS is a file of seconds, an int32 for each process id modulo 65536, which the test writes to while we run.
 * Monotonic clocks stay: no machine's goes back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int32_t *shifts = MAP_FAILED;

__attribute__((constructor)) static void look(void)
{
    const char *path = getenv("WEFT_CLOCKS");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    shifts = mmap(NULL, 65536 * sizeof *shifts, PROT_READ, MAP_SHARED, file, 0);
    close(file);
}

static int shift(void)
{
    return shifts == MAP_FAILED ? 0 : shifts[getpid() & 0xffff];
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact))
        return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now != NULL)
        *now = exact.tv_sec;
    return exact.tv_sec;
}
