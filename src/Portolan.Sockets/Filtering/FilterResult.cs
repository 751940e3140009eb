namespace Portolan.Sockets.Filtering;

/// <summary>Whether a socket matches, in Kleene's three-valued logic: and = smallest, or = largest, not = the other side.</summary>
public enum FilterResult : byte
{
    /// <summary>It does not match, whatever the unknown facts are.</summary>
    No = 0,

    /// <summary>It depends on facts that are hidden or were not looked for.</summary>
    Unknown = 1,

    /// <summary>It matches, whatever the unknown facts are.</summary>
    Yes = 2,
}
