using Portolan.Firewall.Judging;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>A packet that the referee sends to the target, from any address that it likes.</summary>
internal sealed record RefereePacket
{
    /// <summary>Its sender.</summary>
    public required InternetAddress Source { get; init; }

    /// <summary>Where it goes: an address of the target, or of the host behind, or any other.</summary>
    public required InternetAddress Destination { get; init; }

    /// <summary>What it carries.</summary>
    public required IpProtocol Protocol { get; init; }

    /// <summary>The destination port, of protocols with ports.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>The source port; the lab gives one where it is 0.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Flags of a TCP segment.</summary>
    public TcpFlags Flags { get; init; } = TcpFlags.Syn;

    /// <summary>Type of an ICMP message.</summary>
    public byte IcmpType { get; init; }

    /// <summary>Code of an ICMP message.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>The cable it arrives on: 0 for eth0, 1 for eth1.</summary>
    public int Cable { get; init; }

    /// <summary>
    /// Whether the connection is made before the rules are loaded, so that this is a later packet of it (TCP and UDP to open ports).
    /// </summary>
    public bool IsEstablished { get; init; }

    /// <summary>Whether the target itself sends it; then the cable counts for nothing.</summary>
    public bool IsOutgoing { get; init; }

    /// <summary>What the packet is tagged with: IPv4 identification, or IPv6 flow label. The lab gives it.</summary>
    public ushort Number { get; init; }

    /// <summary>Sequence number of a TCP segment that follows a handshake.</summary>
    public uint Sequence { get; init; }

    /// <summary>Acknowledgment number of a TCP segment.</summary>
    public uint Acknowledgment { get; init; }

    /// <summary>The family.</summary>
    public bool IsIPv4 => Source.IsIPv4;

    /// <summary>
    /// What connection tracking makes of it, where no rule says notrack (nf_conntrack_proto_tcp.c: tcp_conntracks;
    /// nf_conntrack_proto_icmp*.c).
    /// </summary>
    public ConnectionState State => IsEstablished
        ? ConnectionState.Established
        : Protocol switch
        {
            IpProtocol.Tcp => (Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Fin | TcpFlags.Rst)) is TcpFlags.Syn or TcpFlags.Ack
                ? ConnectionState.New
                : ConnectionState.Invalid,
            IpProtocol.Icmp => IcmpType == 8 ? ConnectionState.New : ConnectionState.Invalid,
            IpProtocol.Icmpv6 => IcmpType switch
            {
                128 => ConnectionState.New,
                >= 130 and <= 137 => ConnectionState.Untracked,
                _ => ConnectionState.Invalid,
            },
            _ => ConnectionState.New,
        };

    /// <inheritdoc/>
    public override string ToString()
    {
        var what = Protocol switch
        {
            IpProtocol.Tcp => $"tcp [{Flags}]",
            IpProtocol.Icmp or IpProtocol.Icmpv6 => $"{Protocol} type {IcmpType} code {IcmpCode}".ToLowerInvariant(),
            _ => Protocol.ToString().ToLowerInvariant(),
        };
        return $"{(IsOutgoing ? "out" : $"eth{Cable}")}: {what} {Source}:{SourcePort} > {Destination}:{DestinationPort} ({State})";
    }
}
