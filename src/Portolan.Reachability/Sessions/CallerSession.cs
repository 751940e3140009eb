using Portolan.Firewall.Changing;

namespace Portolan.Reachability.Sessions;

/// <summary>From where this program is run: over which connection, or on which terminal.</summary>
/// <param name="Origin">The place.</param>
public sealed record CallerSession(ChangeOrigin Origin)
{
    /// <summary>
    /// When the connection's process started, which is about when the connection was made (sshd starts one for each); <c>null</c> when not
    /// known.
    /// </summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The program that holds the connection, such as <c>sshd</c>; <c>null</c> for none. Hostile text.</summary>
    public string? Program { get; init; }

    /// <summary>Why nothing is known, as a sentence's end; <c>null</c> when something is.</summary>
    public string? WhyUnknown { get; init; }

    /// <summary>
    /// All connections that may be the caller's: the one that is known; where a parent holds several, each of them; where none is found,
    /// what ssh left in the environment, which may be of an earlier connection. They are good enough to be looked after, not to prove
    /// anything.
    /// </summary>
    public IReadOnlyList<ChangeOrigin> Connections { get; init; } = [];
}
