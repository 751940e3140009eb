namespace Portolan.Firewall.Changing;

/// <summary>
/// The steps of a change, told as they are reached. A process that ends at any of them leaves rules that are whole: the old ones, or the
/// new ones until their time is over.
/// </summary>
public enum ChangeStep
{
    /// <summary>The rules were read.</summary>
    Read,

    /// <summary>The change is planned, and its messages made.</summary>
    Planned,

    /// <summary>It was judged, and is about to be sent.</summary>
    Judged,

    /// <summary>The kernel took it.</summary>
    Committed,
}
