namespace Portolan.Reachability.Explaining.Unseen;

/// <summary>A layer that may stop packets and is not judged: whether there is one here.</summary>
/// <param name="Name">Such as <c>XDP</c> or <c>cloud security group</c>.</param>
/// <param name="Presence">Whether it is there.</param>
/// <param name="Detail">Where, or why it cannot be known; empty when there is nothing to add.</param>
public sealed record UnseenLayer(string Name, LayerPresence Presence, string Detail);

/// <summary>Whether a layer is there.</summary>
public enum LayerPresence
{
    /// <summary>It is there, and may stop packets.</summary>
    Present,

    /// <summary>It was looked for, and is not there.</summary>
    Absent,

    /// <summary>It cannot be known from here.</summary>
    Unknowable,
}
