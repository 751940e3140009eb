using Portolan.Packets;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Results;

/// <summary>Whether a host answered, as a scan found it.</summary>
public enum HostStatus : byte
{
    /// <summary>Not looked at, or the run ended first.</summary>
    Unknown,

    /// <summary>It answered, or was taken to be up (<c>-Pn</c>).</summary>
    Up,

    /// <summary>No answer to discovery.</summary>
    Down,
}

/// <summary>The names of the statuses in the machine formats.</summary>
public static class HostStatusNames
{
    /// <summary><c>up</c>, <c>down</c> or <c>unknown</c>.</summary>
    public static string Name(this HostStatus status) => status switch
    {
        HostStatus.Up => "up",
        HostStatus.Down => "down",
        _ => "unknown",
    };
}

/// <summary>What discovery says of a host.</summary>
/// <param name="Target">The host as it was asked for.</param>
/// <param name="Status">Up or down.</param>
/// <param name="Reason">Why.</param>
/// <param name="TimeToLive">TTL of the reply; 0 when unknown.</param>
/// <param name="HardwareAddress">Its Ethernet address when it is on the link.</param>
public readonly record struct HostResult(
    Target Target, HostStatus Status, ReplyReason Reason, byte TimeToLive, MacAddress? HardwareAddress);

/// <summary>Round-trip times of a host, as nmap's <c>times</c> element has them.</summary>
/// <param name="Smoothed">Smoothed round-trip time (RFC 6298).</param>
/// <param name="Variation">Its variation.</param>
/// <param name="Timeout">What the scan waited for a reply.</param>
public readonly record struct RoundTrip(TimeSpan Smoothed, TimeSpan Variation, TimeSpan Timeout);
