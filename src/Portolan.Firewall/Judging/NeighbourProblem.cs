namespace Portolan.Firewall.Judging;

/// <summary>A message of neighbour discovery that does not get through.</summary>
/// <param name="Message">Which.</param>
/// <param name="Region">From and to whom, and the rule that stops it or may.</param>
public sealed record NeighbourProblem(NeighbourMessage Message, FlowRegion Region);

/// <summary>Messages of neighbour discovery (RFC 4861 section 4) as a host needs them.</summary>
public enum NeighbourMessage
{
    /// <summary>A neighbour asks for an address of this machine: without it nobody new finds this machine.</summary>
    SolicitationIn,

    /// <summary>A neighbour asks whether this machine is still there.</summary>
    ProbeIn,

    /// <summary>A neighbour answers: without it this machine finds nobody, its gateway included.</summary>
    AdvertisementIn,

    /// <summary>This machine asks for a neighbour's address.</summary>
    SolicitationOut,

    /// <summary>This machine asks whether a neighbour is still there.</summary>
    ProbeOut,

    /// <summary>This machine answers.</summary>
    AdvertisementOut,
}
