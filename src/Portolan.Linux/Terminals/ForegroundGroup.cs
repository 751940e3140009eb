using Portolan.Linux.Interop;

namespace Portolan.Linux.Terminals;

/// <summary>
/// Gives the terminal back to the caller's process group when a shell that ran meanwhile took it and is gone (tcsetpgrp(3)).
/// </summary>
public sealed unsafe class ForegroundGroup
{
    private readonly int _group;

    private ForegroundGroup(int group) => _group = group;

    /// <summary>Remembers who has the terminal.</summary>
    /// <returns><c>null</c> when stdin is not a terminal, or another group has it.</returns>
    public static ForegroundGroup? Own()
    {
        var group = Libc.getpgrp();
        return Libc.tcgetpgrp(0) == group ? new ForegroundGroup(group) : null;
    }

    /// <summary>
    /// Gives the terminal of stdin to a child, in a process group of the child's own: for a shell in another process namespace, which would
    /// find that its group has no number there, and gives the terminal back to it at its end.
    /// </summary>
    public static void GiveTo(int child)
    {
        if (Libc.setpgid(child, child) == 0)
        {
            Set(child);
        }
    }

    /// <summary>Takes it back.</summary>
    public void Restore()
    {
        if (Libc.tcgetpgrp(0) == _group)
        {
            return;
        }

        Set(_group);
    }

    private static void Set(int group)
    {
        // A process that sets it from the background is stopped by SIGTTOU, unless he ignores it.
        const nint Ignore = 1;
        var before = Libc.signal(Libc.SIGTTOU, Ignore);
        _ = Libc.tcsetpgrp(0, group);
        _ = Libc.signal(Libc.SIGTTOU, before);
    }
}
