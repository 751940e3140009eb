using Portolan.Linux.Interop;

namespace Portolan.Linux.Proc;

/// <summary>Who is running this program.</summary>
public static class EffectiveUser
{
    /// <summary>The effective user id.</summary>
    public static uint Id => Libc.geteuid();
}
