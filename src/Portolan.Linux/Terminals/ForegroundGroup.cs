using Portolan.Linux.Interop;

namespace Portolan.Linux.Terminals;

/// <summary>Gives the terminal back to the caller's process group when a shell that ran meanwhile took it and is gone (tcsetpgrp(3)).</summary>
public sealed unsafe class ForegroundGroup
{
    private readonly int _group;

    private ForegroundGroup(int group) => _group = group;

    /// <summary>Remembers who has the terminal.</summary>
    /// <returns><c>null</c> when stdin is no terminal, or another group has it.</returns>
    public static ForegroundGroup? Own()
    {
        var group = Libc.getpgrp();
        return Libc.tcgetpgrp(0) == group ? new ForegroundGroup(group) : null;
    }

    /// <summary>Takes it back.</summary>
    public void Restore()
    {
        if (Libc.tcgetpgrp(0) == _group)
        {
            return;
        }

        // Whoever sets it from the background is stopped by SIGTTOU, unless he ignores it.
        const nint Ignore = 1;
        var before = Libc.signal(Libc.SIGTTOU, Ignore);
        _ = Libc.tcsetpgrp(0, _group);
        _ = Libc.signal(Libc.SIGTTOU, before);
    }
}
