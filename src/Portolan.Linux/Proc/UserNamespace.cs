namespace Portolan.Linux.Proc;

/// <summary>Whether capabilities hold for the whole machine.</summary>
public static class UserNamespace
{
    // include/linux/proc_ns.h, PROC_USER_INIT_INO: the first user namespace, which the machine boots with.
    private const string First = "user:[4026531837]";

    /// <summary>
    /// Whether the caller lives in the machine's first user namespace. In another one, root has power over that namespace only.
    /// </summary>
    public static bool IsFirst(ProcHandle proc) => proc.ReadLink("self/ns/user"u8) == First;
}
