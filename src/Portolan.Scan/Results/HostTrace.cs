using Portolan.Model;

namespace Portolan.Scan.Results;

/// <summary>What the packets of a trace are.</summary>
public enum TraceMethod : byte
{
    /// <summary>None was sent: the host is on the link itself.</summary>
    None,

    /// <summary>TCP SYN segments to a port.</summary>
    Syn,

    /// <summary>TCP ACK segments to a port.</summary>
    Ack,

    /// <summary>UDP datagrams to a port.</summary>
    Udp,

    /// <summary>ICMP or ICMPv6 echo requests.</summary>
    Echo,
}

/// <summary>The packets of a trace.</summary>
/// <param name="Method">What they are.</param>
/// <param name="Port">The port they are for; 0 for echo requests.</param>
public readonly record struct TraceProbe(TraceMethod Method, PortNumber Port)
{
    /// <summary>TCP or UDP; <c>null</c> for echo requests and where nothing was sent.</summary>
    public TransportProtocol? Protocol => Method switch
    {
        TraceMethod.Syn or TraceMethod.Ack => TransportProtocol.Tcp,
        TraceMethod.Udp => TransportProtocol.Udp,
        _ => null,
    };
}

/// <summary>A hop on the way to a host.</summary>
/// <param name="TimeToLive">The TTL or hop limit that ends there: 1 for the first router.</param>
/// <param name="Address">Who answered; <c>null</c> for a hop that sends no ICMP errors.</param>
/// <param name="RoundTrip">From the probe to the answer; zero without one.</param>
/// <param name="Name">Its reverse DNS name; <c>null</c> when unknown or not asked for.</param>
public sealed record TraceHop(byte TimeToLive, InternetAddress? Address, TimeSpan RoundTrip, string? Name = null);

/// <summary>The way to a host, as probes with a growing TTL show it (<c>--traceroute</c>).</summary>
/// <param name="Probe">The packets that got through.</param>
/// <param name="Hops">All hops from 1 on; the last is the host itself where it was reached.</param>
/// <param name="IsReached">The host answered.</param>
public sealed record HostTrace(TraceProbe Probe, IReadOnlyList<TraceHop> Hops, bool IsReached)
{
    /// <summary>Where the probes to filtered ports end: some of them, the likeliest first.</summary>
    public IReadOnlyList<FilteredTrace> Filtered { get; init; } = [];
}

/// <summary>How certain it is where a filter stands.</summary>
public enum TraceCertainty : byte
{
    /// <summary>The filter said so itself, by an ICMP error.</summary>
    Named,

    /// <summary>
    /// The hop behind the last one that answered answers probes to another port: the filter is one of the two, or between them.
    /// </summary>
    Adjacent,

    /// <summary>The next hop that answers probes to another port is further on; those between send no ICMP errors.</summary>
    Between,

    /// <summary>No probe of any kind reached the host, so hops behind the last one may filter, or only send no ICMP errors.</summary>
    Unknown,
}

/// <summary>The names of <see cref="TraceCertainty"/>.</summary>
public static class TraceCertaintyNames
{
    /// <summary>The word in JSON.</summary>
    public static string Name(this TraceCertainty certainty) => certainty switch
    {
        TraceCertainty.Named => "named",
        TraceCertainty.Adjacent => "adjacent",
        TraceCertainty.Between => "between",
        _ => "unknown",
    };
}

/// <summary>Where the probes to a filtered port end.</summary>
/// <param name="Port">The port.</param>
/// <param name="Last">The last hop that answered probes to it; <c>null</c> when none did.</param>
/// <param name="Next">The first hop behind it that answers probes to another port; <c>null</c> when none is known.</param>
/// <param name="Refuser">Who rejected the probes by an ICMP error; <c>null</c> when they were dropped in silence.</param>
/// <param name="Certainty">How certain it is.</param>
public sealed record FilteredTrace(ProbePort Port, TraceHop? Last, TraceHop? Next, InternetAddress? Refuser, TraceCertainty Certainty);
