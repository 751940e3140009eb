using Portolan.Firewall.Judging;

namespace Portolan.Reachability.Judging;

/// <summary>Where packets end that rules let through.</summary>
/// <param name="Kind">Whether a socket takes them.</param>
public sealed record Landing(LandingKind Kind)
{
    /// <summary>A socket takes them.</summary>
    public static Landing Taken { get; } = new(LandingKind.Taken);

    /// <summary>Nothing listens there.</summary>
    public static Landing NotTaken { get; } = new(LandingKind.NotTaken);

    /// <summary>They are handed over to what cannot be seen from here.</summary>
    public static Landing Unseen { get; } = new(LandingKind.Unseen);

    /// <summary>The namespace of this machine in which they end; <c>null</c> for this one, or where that is not known.</summary>
    public NetworkNamespace? Space { get; init; }

    /// <summary>What the rules of that namespace do with them; <c>null</c> where they were not judged.</summary>
    public FlowOutcome? There { get; init; }

    /// <summary>Whether <see cref="There"/> is of its replies: the packets themselves get in.</summary>
    public bool IsOfReplies { get; init; }
}

/// <summary>Whether a socket takes packets.</summary>
public enum LandingKind
{
    /// <summary>Yes.</summary>
    Taken,

    /// <summary>No: nothing listens there.</summary>
    NotTaken,

    /// <summary>The rules of another namespace of this machine stop them.</summary>
    Stopped,

    /// <summary>It cannot be seen from here: another machine, or one of several places.</summary>
    Unseen,
}
