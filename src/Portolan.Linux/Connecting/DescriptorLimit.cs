using Portolan.Linux.Interop;

namespace Portolan.Linux.Connecting;

/// <summary>How many files this process may have open (RLIMIT_NOFILE), raised as far as it may go by itself.</summary>
public static unsafe class DescriptorLimit
{
    // More would only make lists of descriptors long that other programs walk.
    private const nuint Enough = 65_536;

    /// <summary>Raises the soft limit to the hard one and returns what is allowed now.</summary>
    public static int Raise() => Raise(Enough);

    /// <summary>How many more may be opened, after the soft limit was raised to the hard one.</summary>
    public static int Left() => Math.Max(0, Raise() - CountOpen());

    /// <summary>Raises the soft limit to the hard one, at most to <paramref name="most"/>, and returns what is allowed now.</summary>
    public static int Raise(nuint most)
    {
        Libc.ResourceLimit limit;
        if (Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) != 0)
        {
            return 1024;
        }

        var wanted = Math.Min(limit.rlim_max, most);
        if (limit.rlim_cur < wanted)
        {
            var raised = limit with { rlim_cur = wanted };
            if (Libc.setrlimit(Libc.RLIMIT_NOFILE, &raised) == 0)
            {
                return (int)wanted;
            }
        }

        return (int)Math.Min(limit.rlim_cur, most);
    }

    /// <summary>How many descriptors are open now.</summary>
    public static int CountOpen()
    {
        try
        {
            var count = 0;
            foreach (var _ in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
            {
                count++;
            }

            return count;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No /proc: about what a runtime opens.
            return 32;
        }
    }
}
