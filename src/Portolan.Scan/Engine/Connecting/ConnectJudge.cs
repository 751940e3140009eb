using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>What an outcome says of a port, by nmap's state tables for connect and UDP scans.</summary>
internal static class ConnectJudge
{
    /// <summary>
    /// A port's result. A refused connection is closed, as in nmap, also when an ICMP port unreachable message refused it; the reason
    /// then says so, for a packet scan calls that port filtered.
    /// </summary>
    /// <param name="port">The port.</param>
    /// <param name="target">Its host.</param>
    /// <param name="outcome">An answer.</param>
    public static PortResult Judge(ProbePort port, InternetAddress target, in ConnectOutcome outcome)
    {
        var isUdp = port.Protocol == TransportProtocol.Udp;
        var reporter = outcome.Icmp?.Reporter is { } address && address != target ? address : (InternetAddress?)null;
        var reason = ReasonOf(outcome, isUdp, target.IsIPv4);
        var state = outcome.Result switch
        {
            // Reset after it was made, as by a SYN proxy with nothing behind it: a SYN scan sees the port open too. A reset for a SYN
            // refuses.
            ConnectResult.Connected or ConnectResult.Reset or ConnectResult.Replied => PortState.Open,
            ConnectResult.Refused => PortState.Closed,
            ConnectResult.ProxyFailed => PortState.ClosedFiltered,
            _ => PortState.Filtered,
        };
        return new PortResult(port, state, reason, 0, state == PortState.Open ? Evidence.Handshake : Evidence.None, reporter);
    }

    /// <summary>nmap's reason.</summary>
    public static ReplyReason ReasonOf(in ConnectOutcome outcome, bool isUdp, bool isIPv4) => outcome.Icmp is { } icmp
        ? OfIcmp(icmp, isIPv4)
        : outcome.Result switch
        {
            ConnectResult.Connected or ConnectResult.Reset => ReplyReason.SynAck,
            ConnectResult.Replied => ReplyReason.UdpResponse,
            ConnectResult.Refused => isUdp ? ReplyReason.PortUnreachable : ReplyReason.ConnectionRefused,
            ConnectResult.HostUnreachable => ReplyReason.HostUnreachable,
            ConnectResult.NetworkUnreachable => ReplyReason.NetworkUnreachable,
            ConnectResult.Prohibited => ReplyReason.AdministrativelyProhibited,
            ConnectResult.ProxyFailed => ReplyReason.DestinationUnreachable,
            ConnectResult.ProtocolUnreachable => ReplyReason.ProtocolUnreachable,
            _ => ReplyReason.NoResponse,
        };

    // RFC 792 and RFC 1812 section 5.2.7.1; RFC 4443 section 3.
    private static ReplyReason OfIcmp(IcmpReport icmp, bool isIPv4) => (isIPv4, icmp.Type, icmp.Code) switch
    {
        (true, 3, 0) or (false, 1, 0) => ReplyReason.NetworkUnreachable,
        (true, 3, 1) or (false, 1, 3) => ReplyReason.HostUnreachable,
        (true, 3, 2) or (false, 4, 1) => ReplyReason.ProtocolUnreachable,
        (true, 3, 3) or (false, 1, 4) => ReplyReason.PortUnreachable,
        (true, 3, 9) => ReplyReason.NetworkProhibited,
        (true, 3, 10) => ReplyReason.HostProhibited,
        (true, 3, 13) or (false, 1, 1) => ReplyReason.AdministrativelyProhibited,
        (true, 11, _) or (false, 3, _) => ReplyReason.TimeExceeded,
        _ => ReplyReason.DestinationUnreachable,
    };
}
