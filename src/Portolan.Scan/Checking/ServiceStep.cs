using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>The first question of the protocol that a URL names, and who answered it. No login is attempted.</summary>
/// <param name="Service">The protocol.</param>
/// <param name="Question">What was asked, such as <c>Redis PING</c>; <c>null</c> where the server speaks first.</param>
/// <param name="Reaction">Who answered.</param>
/// <param name="Heard">The first bytes that came; text from outside.</param>
public sealed record ServiceStep(ServiceScheme Service, string? Question, ServiceReaction Reaction, ReadOnlyMemory<byte> Heard)
    : CheckStep, IServiceEvidence
{
    /// <inheritdoc/>
    public override string Kind => "service";

    /// <inheritdoc/>
    public IdentifiedService? Identified { get; init; }
}

/// <summary>How a port reacts to the question of a protocol.</summary>
public enum ServiceReaction : byte
{
    /// <summary>It answers in that protocol.</summary>
    Answered,

    /// <summary>It answers in another one.</summary>
    Other,

    /// <summary>It says something that no protocol here knows.</summary>
    Unknown,

    /// <summary>It speaks TLS.</summary>
    Tls,

    /// <summary>It says nothing in time.</summary>
    Silent,

    /// <summary>It closes the connection.</summary>
    Closed,

    /// <summary>It resets the connection.</summary>
    Reset,
}

/// <summary>The names of <see cref="ServiceReaction"/>.</summary>
public static class ServiceReactionNames
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this ServiceReaction reaction) => reaction switch
    {
        ServiceReaction.Answered => "answered",
        ServiceReaction.Other => "other-protocol",
        ServiceReaction.Unknown => "unknown",
        ServiceReaction.Tls => "tls",
        ServiceReaction.Silent => "silent",
        ServiceReaction.Closed => "closed",
        _ => "reset",
    };
}
