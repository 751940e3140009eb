using Portolan.Linux.Interop;

namespace Portolan.Linux.Proc;

/// <summary>Who is running this program.</summary>
public static class Caller
{
    /// <summary>The effective user id.</summary>
    public static uint EffectiveUser => Libc.geteuid();
}
