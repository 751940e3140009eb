namespace Portolan.Scan.Results;

/// <summary>Why a port or a host has its state: nmap's reasons (nmap reference guide, <c>--reason</c>).</summary>
public enum ReplyReason : byte
{
    /// <summary>Nothing came back.</summary>
    NoResponse,

    /// <summary>A segment with SYN and ACK: the port is open.</summary>
    SynAck,

    /// <summary>A RST.</summary>
    Reset,

    /// <summary>connect() was refused.</summary>
    ConnectionRefused,

    /// <summary>A datagram from the port.</summary>
    UdpResponse,

    /// <summary>ICMP destination unreachable, code 0.</summary>
    NetworkUnreachable,

    /// <summary>ICMP destination unreachable, code 1 (ICMPv6: address unreachable).</summary>
    HostUnreachable,

    /// <summary>ICMP destination unreachable, code 2.</summary>
    ProtocolUnreachable,

    /// <summary>ICMP port unreachable.</summary>
    PortUnreachable,

    /// <summary>ICMP destination unreachable, code 9.</summary>
    NetworkProhibited,

    /// <summary>ICMP destination unreachable, code 10.</summary>
    HostProhibited,

    /// <summary>ICMP destination unreachable, code 13 (ICMPv6: code 1).</summary>
    AdministrativelyProhibited,

    /// <summary>ICMP destination unreachable with another code.</summary>
    DestinationUnreachable,

    /// <summary>ICMP time exceeded.</summary>
    TimeExceeded,

    /// <summary>ICMP echo reply.</summary>
    EchoReply,

    /// <summary>ICMP timestamp reply.</summary>
    TimestampReply,

    /// <summary>An ARP reply.</summary>
    ArpResponse,

    /// <summary>A neighbour advertisement.</summary>
    NeighbourResponse,

    /// <summary>The target is this host.</summary>
    LocalhostResponse,

    /// <summary>The person said so (<c>-Pn</c>).</summary>
    UserSet,

    /// <summary>A forged SYN-ACK of a SYN proxy: no options and window 0.</summary>
    SynProxy,

    /// <summary>Something that has no word here; only in results read from another tool's file.</summary>
    UnknownResponse,
}

/// <summary>The names of <see cref="ReplyReason"/>.</summary>
public static class ReplyReasonNames
{
    private static readonly string[] Names =
    [
        "no-response", "syn-ack", "reset", "conn-refused", "udp-response", "net-unreach", "host-unreach", "proto-unreach", "port-unreach",
        "net-prohibited", "host-prohibited", "admin-prohibited", "dest-unreach", "time-exceeded", "echo-reply", "timestamp-reply",
        "arp-response", "nd-response", "localhost-response", "user-set", "syn-proxy", "unknown-response",
    ];

    /// <summary>nmap's word, such as <c>conn-refused</c>.</summary>
    public static string Name(this ReplyReason reason) => Names[(int)reason];

    /// <summary>Reads nmap's word.</summary>
    public static bool TryParse(ReadOnlySpan<char> word, out ReplyReason reason)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (word.SequenceEqual(Names[i]))
            {
                reason = (ReplyReason)i;
                return true;
            }
        }

        reason = default;
        return false;
    }
}
