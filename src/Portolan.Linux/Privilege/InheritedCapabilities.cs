using System.Numerics;
using System.Runtime.CompilerServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Proc;
using Portolan.Model;

namespace Portolan.Linux.Privilege;

/// <summary>What this process got from the process that started it, or from its file, and what its children get: nothing.</summary>
public static class InheritedCapabilities
{
    private const int IsSet = 1; // PR_CAP_AMBIENT_IS_SET

    /// <summary>
    /// Refuses to go on where the program needs the .NET runtime and its file grants capabilities. That runtime has run code which the
    /// environment names before this, and its threads exist, so that nothing can be made good here. Capabilities that the caller has too
    /// (ambient ones) are no gift of the file.
    /// </summary>
    /// <exception cref="PortolanException">Exit code 4.</exception>
    public static void RefuseThoseOfFile()
    {
        if (!RuntimeFeature.IsDynamicCodeCompiled || EffectiveUser.Id == 0)
        {
            return;
        }

        for (var permitted = ThreadCapabilities.Read().Permitted; permitted != 0; permitted &= permitted - 1)
        {
            if (Libc.prctl(Libc.PR_CAP_AMBIENT, IsSet, (nuint)BitOperations.TrailingZeroCount(permitted), 0, 0) != 1)
            {
                throw new PortolanException(
                    "this program runs on the .NET runtime, which loads code chosen by its user: it must not have file capabilities",
                    $"remove them with sudo setcap -r FILE, and run it with sudo; or build the program ahead of time: scripts/build with "
                        + $"gcc and zlib1g-dev",
                    ExitCode.NoPrivilege);
            }
        }
    }

    /// <summary>
    /// Empties the ambient set of the calling thread, which a program that it starts would get. Before Linux 4.3 there was none.
    /// </summary>
    internal static void KeepFromChildren() => _ = Libc.prctl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}
