using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Changes;

/// <summary>One change of a host or of its ports.</summary>
/// <param name="Kind">What changed.</param>
/// <param name="Host">Where.</param>
public sealed record Change(ChangeKind Kind, HostKey Host)
{
    /// <summary>The host's name, in the later result if it has one; <c>null</c> without.</summary>
    public string? HostName { get; init; }

    /// <summary>The protocol of the ports; <c>null</c> for a change of the host.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>
    /// The ports that changed alike. Of a host that came up or went down its open TCP ports, or UDP ports where it has no other.
    /// </summary>
    public PortRanges Ports { get; init; } = PortRanges.None;

    /// <summary>The side of the earlier result.</summary>
    public Side Before { get; init; } = Side.Nothing;

    /// <summary>The side of the later result.</summary>
    public Side After { get; init; } = Side.Nothing;

    /// <summary>Of a bind: it reaches further than before.</summary>
    public bool IsWidened { get; init; }

    /// <summary>Of a certificate that expires: whole days that were left when the later result was taken; below 0 when past.</summary>
    public int? DaysLeft { get; init; }

    /// <summary>Lost probes or answers do not explain the new state.</summary>
    public bool IsCertain => !After.IsSilent;
}

/// <summary>One side of a change.</summary>
/// <param name="Text">What was there, for people.</param>
/// <param name="State">The state of the ports; <c>null</c> for a change of a host.</param>
/// <param name="Facts">The facts of the port; <c>null</c> where none are known.</param>
/// <param name="IsSilent">It rests on silence, and losses of that scan are not ruled out.</param>
public sealed record Side(string? Text, StateView? State, Endpoint? Facts, bool IsSilent)
{
    /// <summary>A side of which the result says nothing.</summary>
    public static Side Nothing { get; } = new(null, null, null, IsSilent: false);
}
