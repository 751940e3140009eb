/*
 * Linked into the programs that are compiled ahead of time. It runs before main(), so before the .NET runtime and while there is one thread: what it
 * drops is dropped for every thread there will ever be. The runtime itself offers no such place, for its own threads exist before any managed code.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/capability.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *text)
{
    (void)!write(2, text, strlen(text));
    _exit(4);
}

/*
 * The permitted set stays, for RaisedCapabilities to raise one at a time. User 0 keeps what it has: root's powers over files are root's own. In a user
 * namespace that is the user who made it.
 */
static void drop_effective(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (geteuid() == 0)
        return;
    if (syscall(SYS_capget, &header, sets) != 0)
        return; /* a kernel without capabilities */
    if ((sets[0].effective | sets[1].effective) == 0)
        return;
    sets[0].effective = sets[1].effective = 0;
    if (syscall(SYS_capset, &header, sets) != 0)
        fail("portolan: cannot drop the effective capabilities\n");
}

/*
 * A program whose file gives it capabilities is started by people who lack them (AT_SECURE, ld.so(8)). The C library ignores LD_PRELOAD and its like
 * then; .NET does not know the case and would load a library that one of its own variables names.
 */
static void forget_runtime_settings(void)
{
    static const char *const prefixes[] = { "DOTNET_", "COMPlus_", "CORECLR_", "CLR_" };
    char **kept = environ;

    for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
        size_t i = 0;
        while (i < sizeof prefixes / sizeof *prefixes && strncmp(*variable, prefixes[i], strlen(prefixes[i])) != 0)
            i++;
        if (i == sizeof prefixes / sizeof *prefixes)
            *kept++ = *variable;
    }
    if (kept != NULL)
        *kept = NULL;
}

/*
 * The threads share one arena of malloc: managed memory is the collector's own, so threads hardly meet in malloc. Another takes 128 MB of addresses, five system
 * calls and four pages, 0.1 ms of 2.1: the runtime's finalizer thread, which is there from the start, would set it up.
 */
static void share_arena(void)
{
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
#endif
}

#ifndef LEAST_ADDRESS_SPACE
#define LEAST_ADDRESS_SPACE 100000 /* KiB; portolan-server takes more */
#endif

/*
 * With less than this the runtime ends without a word, or by a signal: its collector reserves half of the limit, the program's file takes a third of 100000.
 * A thread's stack is 8 MiB of addresses where nothing else is said. Under a limit each takes 1.5 MiB, as .NET has it on Windows and with musl, and all share
 * an arena.
 */
static void mind_limits(void)
{
    static const struct {
        int resource;
        unsigned least; /* KiB */
        const char *what, *remedy;
    } limits[] = {
        { RLIMIT_AS, LEAST_ADDRESS_SPACE, "address space", "ulimit -v unlimited (as root where the hard limit is lower; LimitAS= in a unit)" },
        { RLIMIT_DATA, 20000, "data memory", "ulimit -d unlimited (as root where the hard limit is lower; LimitDATA= in a unit)" },
    };

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit;
        pthread_attr_t thread;

        if (getrlimit(limits[i].resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
            continue;
        if (limit.rlim_cur / 1024 < limits[i].least) {
            dprintf(2, "portolan: out of memory: the limit of %s is %lu KiB, and the program takes %u KiB to start\nhint: raise the limit before: %s\n",
                limits[i].what, (unsigned long)(limit.rlim_cur / 1024), limits[i].least, limits[i].remedy);
            _exit(3);
        }
        share_arena();
        if (pthread_attr_init(&thread) == 0) {
            pthread_attr_setstacksize(&thread, 1536 * 1024);
            pthread_setattr_default_np(&thread);
            pthread_attr_destroy(&thread);
        }
    }
}

__attribute__((constructor(101))) static void portolan_startup(void)
{
    mind_limits();
#ifdef ONE_ARENA
    share_arena();
#endif
    drop_effective();
    if (getauxval(AT_SECURE))
        forget_runtime_settings();
}
