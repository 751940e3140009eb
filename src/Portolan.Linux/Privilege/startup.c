/*
 * Linked into the programs that are compiled ahead of time. It runs before main(), so before the .NET runtime and while there is one thread: what it
 * drops is dropped for every thread there will ever be. The runtime itself offers no such place, for its own threads exist before any managed code.
 */
#include <linux/capability.h>
#include <malloc.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
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
 * Where the program asks for it (ONE_ARENA), the threads share one arena of malloc. The runtime's finalizer thread, which is there from the start, would set up
 * another: 128 MB of addresses, five system calls and four pages, 0.1 ms of 2.1. Managed memory is the collector's own, so threads hardly meet in malloc.
 */
static void share_arena(void)
{
#if defined(ONE_ARENA) && defined(M_ARENA_MAX)
    mallopt(M_ARENA_MAX, 1);
#endif
}

__attribute__((constructor(101))) static void portolan_startup(void)
{
    share_arena();
    drop_effective();
    if (getauxval(AT_SECURE))
        forget_runtime_settings();
}
