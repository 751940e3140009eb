using System.Diagnostics.CodeAnalysis;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Services.Dhcp;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// What a network learns from the DHCP that crosses it, as switches do ("snooping"): at which member's end an address is that a server
/// gave. Servers are known by the topology, so that no other host can give addresses away.
/// </summary>
/// <remarks>The lab's thread.</remarks>
internal sealed class LeaseWatch(LabClock clock)
{
    /// <summary>Clients that are remembered; when there are more all begin anew.</summary>
    private const int MostClients = 4096;

    private readonly HashSet<SegmentMember> _servers = [];
    private readonly Dictionary<string, SegmentMember> _clients = new(StringComparer.Ordinal);
    private readonly Dictionary<InternetAddress, (SegmentMember Member, Instant Until)> _leases = [];

    /// <summary>Adds a server.</summary>
    internal void Trust(SegmentMember server) => _servers.Add(server);

    /// <summary>Who has an address by a lease; <c>null</c> when none has.</summary>
    internal SegmentMember? Find(InternetAddress address) =>
        _leases.TryGetValue(address, out var lease) && clock.Now < lease.Until ? lease.Member : null;

    /// <summary>A packet leaves a member: it may be DHCP.</summary>
    internal void Hear(SegmentMember from, ReadOnlySpan<byte> packet)
    {
        if (!TryReadDhcp(packet, out var message))
        {
            return;
        }

        if (message.IsRequest)
        {
            HearClient(from, message);
        }
        else if (message is { Kind: DhcpKind.Ack, Your.IsUnspecified: false } && _servers.Contains(from)
            && _clients.TryGetValue(message.HardwareKey, out var client) && message.SecondsOf(DhcpOption.LeaseTime) is { } seconds)
        {
            _leases[message.Your] = (client, clock.Now + TimeSpan.FromSeconds(seconds));
        }
    }

    private static bool TryReadDhcp(ReadOnlySpan<byte> packet, [NotNullWhen(true)] out DhcpMessage? message)
    {
        message = null;
        return packet is [0x45, ..] && packet.Length > Ipv4Packet.MinHeaderLength + UdpDatagram.HeaderLength
            && packet[9] == (byte)IpProtocol.Udp
            && PacketHeads.TryRead(packet, out var heads) && heads.HasPorts
            && (heads.SourcePort, heads.DestinationPort) is (DhcpMessage.ClientPort, DhcpMessage.ServerPort)
                or (DhcpMessage.ServerPort, DhcpMessage.ClientPort)
            && UdpDatagram.TryRead(heads.Payload, out var datagram) && DhcpMessage.TryRead(datagram.Payload, out message);
    }

    private void HearClient(SegmentMember from, DhcpMessage message)
    {
        if (message.Kind is DhcpKind.Release && _leases.TryGetValue(message.Client, out var lease) && lease.Member == from)
        {
            _leases.Remove(message.Client);
            return;
        }

        if (_clients.Count >= MostClients)
        {
            _clients.Clear();
        }

        _clients[message.HardwareKey] = from;
    }
}
