using Portolan.Scan.Results;

namespace Portolan.Lab.Truth;

/// <summary>What a perfect scanner says of some ports of an address.</summary>
/// <param name="Ports">The ports.</param>
/// <param name="State">nmap's state.</param>
/// <param name="Reason">nmap's reason.</param>
/// <param name="By">Who says so when it is not the address itself: the router that sends an ICMP error; <c>null</c> otherwise.</param>
/// <param name="Why">The rule or policy that decides, for people, such as <c>rule 2 of router edge drops it</c>.</param>
public sealed record PortTruth(PortSet Ports, PortState State, ReplyReason Reason, InternetAddress? By, string Why)
{
    /// <summary>
    /// The answer changes with time or with what was sent before: <see cref="State"/> is one of those it has, and no score counts it.
    /// </summary>
    public bool Varies { get; init; }

    /// <summary>A SYN proxy stands before the port: to call it filtered for that reason is as right as to call it open.</summary>
    public bool IsSynProxy { get; init; }

    /// <summary>Whether a scanner that found this state is right.</summary>
    public bool Accepts(PortState found, ReplyReason reason) =>
        found == State
        || (found == PortState.OpenFiltered && Reason == ReplyReason.NoResponse)
        || (IsSynProxy && found == PortState.Filtered && reason == ReplyReason.SynProxy);
}
