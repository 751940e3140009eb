/*
 * Is a source newer than the program? ./portolan names the checkout in PORTOLAN_SOURCES, and the program looks for itself, on threads of their own while the
 * runtime starts; what is left when that has started, the first thread does. To look at some 2,300 files takes 2.7 ms of a processor, longer than the start:
 * before it, it would more than double the time of every command.
 *
 * Linked into the program that is compiled ahead of time. Without the variable none of it runs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VARIABLE "PORTOLAN_SOURCES"
#define LIST "artifacts/freshness.list"
#define PROGRAM "out/portolan"

/* Bytes of the list that a thread takes at once: some 20 paths. */
enum { SHARE = 1024, HELPERS = 2, STACK = 64 * 1024 };

static struct {
    char *root;
    char **arguments;
    int folder;
    const char *list;
    size_t length;
    struct timespec built;
    size_t shares;
    atomic_uchar *done;
    atomic_size_t next;
    atomic_int is_stale;
} check = { .folder = -1 };

static int is_newer(const struct stat *source)
{
    return source->st_mtim.tv_sec != check.built.tv_sec ? source->st_mtim.tv_sec > check.built.tv_sec : source->st_mtim.tv_nsec > check.built.tv_nsec;
}

/* Paths relative to the checkout, each ended by a zero byte. Those that begin in the share are looked at. */
static void look(size_t share)
{
    size_t first = share * SHARE, last = first + SHARE;
    struct stat source;

    if (first > 0)
        first += strlen(check.list + first - 1);
    for (size_t at = first; at < last && at < check.length; at += strlen(check.list + at) + 1) {
        if (fstatat(check.folder, check.list + at, &source, 0) != 0 || is_newer(&source)) {
            atomic_store(&check.is_stale, 1);
            break;
        }
    }
    atomic_store(&check.done[share], 1);
}

static void *take_shares(void *unused)
{
    size_t share;

    while (!atomic_load(&check.is_stale) && (share = atomic_fetch_add(&check.next, 1)) < check.shares)
        look(share);
    return unused;
}

/* Never one of the standard streams, where these were closed. */
static int open_above_streams(int folder, const char *path, int flags)
{
    int opened = openat(folder, path, flags | O_CLOEXEC);
    if (opened < 0 || opened > 2)
        return opened;
    int above = fcntl(opened, F_DUPFD_CLOEXEC, 3);
    close(opened);
    return above;
}

static int begin(void)
{
    struct stat found;
    int list;

    if ((check.folder = open_above_streams(AT_FDCWD, check.root, O_PATH | O_DIRECTORY)) < 0 || fstatat(check.folder, PROGRAM, &found, 0) != 0)
        return 0;
    check.built = found.st_mtim;
    if ((list = open_above_streams(check.folder, LIST, O_RDONLY)) < 0)
        return 0;
    if (fstat(list, &found) == 0 && found.st_size > 0) {
        check.length = (size_t)found.st_size;
        check.list = mmap(NULL, check.length, PROT_READ, MAP_PRIVATE, list, 0);
    }
    close(list);
    /* The last path ends where the list does. */
    if (check.list == NULL || check.list == MAP_FAILED || check.list[check.length - 1] != 0)
        return 0;
    check.shares = (check.length + SHARE - 1) / SHARE;
    return (check.done = calloc(check.shares, sizeof *check.done)) != NULL;
}

/* One for each processor but this thread's. The runtime's signals are for threads that it knows. */
static void start_helpers(void)
{
    pthread_attr_t attributes;
    pthread_t helper;
    cpu_set_t processors;
    sigset_t all, before;
    int helpers = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) - 1 : 1;

    if (helpers == 0 || pthread_attr_init(&attributes) != 0)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < helpers && i < HELPERS; i++)
        pthread_create(&helper, &attributes, take_shares, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* After startup.c, which drops what no thread may have. */
__attribute__((constructor(102))) static void portolan_sources_begin(int argc, char **argv, char **envp)
{
    const char *root = getenv(VARIABLE);

    (void)argc;
    (void)envp;
    if (root == NULL || getauxval(AT_SECURE) || (check.root = strdup(root)) == NULL)
        return;
    /* Not for the programs that this one starts. */
    unsetenv(VARIABLE);
    check.arguments = argv;
    if (begin()) {
        /* As the runtime will: with a second thread in the process that takes several milliseconds (synchronize_rcu in kernel/sched/membarrier.c). */
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
        start_helpers();
    }
    else
        check.is_stale = 1;
}

/* To be called before the program does or says anything. Comes back when no source is newer; or else ./portolan takes over, which builds. */
void portolan_sources_await(void)
{
    if (check.root == NULL)
        return;
    take_shares(NULL);
    /* Not waited for: where others use the processors, a helper may be kept from its share for longer than the share takes. */
    for (size_t share = 0; share < check.shares && !check.is_stale; share++) {
        if (!check.done[share])
            look(share);
    }
    if (check.is_stale) {
        size_t count = 0;
        while (check.arguments[count] != NULL)
            count++;
        char **words = calloc(count + 3, sizeof *words), *launcher = NULL;
        if (words != NULL && asprintf(&launcher, "%s/portolan", check.root) > 0) {
            words[0] = "/bin/sh";
            words[1] = launcher;
            for (size_t i = 1; i < count; i++)
                words[i + 1] = check.arguments[i];
            setenv("PORTOLAN_STALE", "1", 1);
            execv("/bin/sh", words);
        }
        static const char text[] = "portolan: a source is newer than the program, and ./portolan cannot be run\n";
        (void)!write(2, text, sizeof text - 1);
        _exit(3);
    }
    /* The list stays: a helper may still be at its last share. */
    check.root = NULL;
}
