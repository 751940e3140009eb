using System.Globalization;

namespace Portolan.Scan.Checking;

/// <summary>Says in plain words how an attempt to connect ended and what that means.</summary>
internal static class ConnectWords
{
    public static string Summary(ConnectionAttempt result, TimeSpan elapsed) => result.Outcome switch
    {
        ConnectionOutcome.Connected => "open",
        ConnectionOutcome.Abandoned => "given up, another address answered first",
        ConnectionOutcome.Refused when result.MetItself => "nothing listens: our own socket got that port and connected to itself",
        ConnectionOutcome.Refused => "refused",
        ConnectionOutcome.TimedOut => string.Create(CultureInfo.InvariantCulture, $"no answer in {Seconds(elapsed)}"),
        ConnectionOutcome.Unreachable when IsOwn(result) => "unreachable: no host with that address answers on the local network",
        ConnectionOutcome.Unreachable when result.Icmp is { } icmp =>
            $"unreachable: {icmp.From} sent ICMP{(icmp.IsIPv6 ? "v6" : "")} {icmp.Name}",
        ConnectionOutcome.Unreachable => $"unreachable: {result.Error}",
        _ => $"not sent: {result.Error}",
    };

    public static string? Meaning(ConnectionAttempt result) => result.Outcome switch
    {
        ConnectionOutcome.Refused when result.MetItself => "a server that listened there would have answered instead",
        ConnectionOutcome.Refused => "the host is up and nothing listens on that port, or a firewall sends a reset",
        ConnectionOutcome.TimedOut => "a firewall drops the segments, or the host is down",
        ConnectionOutcome.Unreachable when IsOwn(result) => "the host is down, or it is not on this network",
        ConnectionOutcome.Unreachable when result.Icmp is { IsPortUnreachable: true } =>
            "a firewall rejects the connection: a host without a listener would send a reset",
        ConnectionOutcome.Unreachable when result.Icmp is { } icmp && icmp.Name.EndsWith("prohibited", StringComparison.Ordinal) =>
            "a firewall rejects the connection",
        ConnectionOutcome.Unreachable => "a router or firewall on the path rejected it",
        ConnectionOutcome.NotSent => "this host sent nothing, so the target's state is unknown",
        _ => null,
    };

    /// <summary>A short time with its unit: <c>0.25 s</c>.</summary>
    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s");

    // Where ARP or neighbour discovery finds nobody, the kernel sends "host unreachable" to itself.
    private static bool IsOwn(ConnectionAttempt result) => result is { Icmp: { } icmp, Pair: { } pair } && icmp.From == pair.LocalAddress;
}
