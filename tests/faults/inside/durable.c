/* LD_PRELOADed into a Weft whose machine will lose its power: keeps, of SQLite's files, what was last synced.
 *
 * A sync is a copy into $WEFT_DURABLE. What was written since is in the file and not in the copy: that is what a power
 * cut may take away, in whole or in sectors. One process at a time, or an older copy would replace a newer one. A sync
 * waits for $WEFT_DURABLE_SLOW microseconds first, as on a slow disk: by a quick one the next cut finds all synced.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

static void keep(int fd)
{
    const char *folder = getenv("WEFT_DURABLE");
    char link[64], path[4096], copy[4096], draft[4096], lock[4096], bytes[65536];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (folder == NULL || length < 0)
        return;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    if (name == NULL || (strcmp(name, "/weft.sqlite3") != 0 && strcmp(name, "/weft.sqlite3-wal") != 0))
        return;
    const char *slow = getenv("WEFT_DURABLE_SLOW");
    usleep(slow == NULL ? 0 : (useconds_t)atoi(slow));
    snprintf(lock, sizeof lock, "%s/lock", folder);
    int held = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    flock(held, LOCK_EX);
    snprintf(copy, sizeof copy, "%s%s", folder, name);
    snprintf(draft, sizeof draft, "%s%s.draft", folder, name);
    int target = open(draft, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    /* Read by the descriptor that is there: to close another one of the file would drop SQLite's locks on it. */
    off_t at = 0;
    ssize_t got;
    while ((got = pread(fd, bytes, sizeof bytes, at)) > 0) {
        if (write(target, bytes, got) != got)
            abort();
        at += got;
    }
    close(target);
    rename(draft, copy);
    close(held);
}

int fsync(int fd)
{
    keep(fd);
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    keep(fd);
    return syscall(SYS_fdatasync, fd);
}
