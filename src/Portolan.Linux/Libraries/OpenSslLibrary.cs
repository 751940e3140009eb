using System.Runtime.InteropServices;

namespace Portolan.Linux.Libraries;

/// <summary>
/// The library that .NET's TLS is made of. It is looked for only when TLS is wanted: where it is missing, .NET ends the process.
/// </summary>
public static class OpenSslLibrary
{
    /// <summary>The names .NET looks for (opensslshim.c of its runtime), newest first.</summary>
    private static readonly string[] Names = ["libssl.so.3", "libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10"];

    /// <summary>Whether one of them can be loaded.</summary>
    public static bool IsInstalled
    {
        get
        {
            foreach (var name in Names)
            {
                if (NativeLibrary.TryLoad(name, out _))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
