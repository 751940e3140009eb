using System.Runtime.InteropServices;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Takes the capabilities away from the calling thread, for tests of what an ordinary user sees.</summary>
internal static partial class ThreadPrivileges
{
    private const uint Version3 = 0x20080522;

    /// <summary>Empties the effective set. Use on a thread of the test's own, which ends afterwards.</summary>
    internal static void Drop()
    {
        uint[] header = [Version3, 0];
        // effective, permitted, inheritable; twice, for 64 capabilities.
        var sets = new uint[6];
        Assert.Equal(0, capget(header, sets));
        sets[0] = sets[3] = 0;
        Assert.Equal(0, capset(header, sets));
    }

    /// <summary>CAP_NET_ADMIN.</summary>
    internal const int NetAdmin = 12;

    /// <summary>
    /// Leaves one capability of the first 32 in the effective set. Use on a thread of the test's own, which ends afterwards.
    /// </summary>
    internal static void KeepOnly(int capability)
    {
        uint[] header = [Version3, 0];
        var sets = new uint[6];
        Assert.Equal(0, capget(header, sets));
        (sets[0], sets[3]) = (1u << capability, 0);
        Assert.Equal(0, capset(header, sets));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capget(uint[] header, uint[] data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capset(uint[] header, uint[] data);
}
