namespace Portolan.Sockets.Owners;

/// <summary>Why owners of sockets are hidden.</summary>
public enum HiddenOwnersReason
{
    /// <summary>There is no /proc.</summary>
    NoProc,

    /// <summary>They are processes of other users, which root sees.</summary>
    OtherUsers,

    /// <summary>They live outside this pid namespace, or outside what its /proc shows.</summary>
    OutsidePidNamespace,

    /// <summary>They let nobody look, not even root.</summary>
    LookRefused,
}
