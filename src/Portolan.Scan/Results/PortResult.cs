using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Scan.Results;

/// <summary>A protocol and a port to probe.</summary>
public readonly record struct ProbePort(TransportProtocol Protocol, PortNumber Port);

/// <summary>How sure an open port is, weakest first.</summary>
public enum Evidence : byte
{
    /// <summary>Not open, or no reply.</summary>
    None,

    /// <summary>A SYN-ACK with our cookie. Middleboxes send these too.</summary>
    SynAck,

    /// <summary>A completed handshake, or a datagram in reply.</summary>
    Handshake,

    /// <summary>Data sent was acknowledged or answered.</summary>
    AcceptedData,

    /// <summary>The service was recognised from its own words.</summary>
    Identified,
}

/// <summary>The names of <see cref="Evidence"/>.</summary>
public static class EvidenceNames
{
    /// <summary>The word in machine formats, such as <c>syn-ack</c>; <c>null</c> for <see cref="Evidence.None"/>.</summary>
    public static string? Name(this Evidence evidence) => evidence switch
    {
        Evidence.SynAck => "syn-ack",
        Evidence.Handshake => "handshake",
        Evidence.AcceptedData => "accepted-data",
        Evidence.Identified => "identified",
        _ => null,
    };
}

/// <summary>What came of hearing what a service says first.</summary>
public enum BannerState : byte
{
    /// <summary>Nobody asked, or the file that it was read from does not say.</summary>
    None,

    /// <summary>Nobody listened: no connection was made (again), or not in time, or there was no room for what was said.</summary>
    Unheard,

    /// <summary>The scan ended, or the connection was lost here, before the wait was over: what was heard may be a part.</summary>
    Interrupted,

    /// <summary>It was waited for, and nothing was said.</summary>
    Silent,

    /// <summary>It said so much and no more, or 1,024 bytes.</summary>
    Complete,
}

/// <summary>The names of <see cref="BannerState"/>.</summary>
public static class BannerStateNames
{
    /// <summary>The word in JSON, such as <c>silent</c>; <c>null</c> for <see cref="BannerState.None"/>.</summary>
    public static string? Name(this BannerState state) => state switch
    {
        BannerState.Unheard => "unheard",
        BannerState.Interrupted => "interrupted",
        BannerState.Silent => "silent",
        BannerState.Complete => "complete",
        _ => null,
    };
}

/// <summary>What a scan says of one port.</summary>
/// <param name="Port">The protocol and port.</param>
/// <param name="State">nmap's state.</param>
/// <param name="Reason">Why.</param>
/// <param name="TimeToLive">TTL or hop limit of the reply; 0 when unknown.</param>
/// <param name="Evidence">How sure an open port is.</param>
/// <param name="ReasonAddress">Who said so when it was not the host itself (the router that sent an ICMP error); <c>null</c>
/// otherwise.</param>
public readonly record struct PortResult(
    ProbePort Port, PortState State, ReplyReason Reason, byte TimeToLive, Evidence Evidence, InternetAddress? ReasonAddress)
{
    /// <summary>
    /// What the service said first, unasked, at most 1,024 bytes as they came; empty where nothing was heard or nobody listened.
    /// </summary>
    public ReadOnlyMemory<byte> Banner { get; init; }

    /// <summary>The result of identification (<c>-sV</c>); <c>null</c> unless requested.</summary>
    public ServiceAnswer? Service { get; init; }

    /// <summary>The facts that its service told (<c>-sC</c>); <c>null</c> unless requested.</summary>
    public IReadOnlyList<Fact>? Facts { get; init; }

    /// <summary>What <see cref="Banner"/> is, and what it means that it is empty.</summary>
    public BannerState BannerState { get; init; }
}
