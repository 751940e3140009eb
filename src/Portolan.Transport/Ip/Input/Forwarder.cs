using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Ip;

/// <summary>Passes packets on between interfaces (RFC 1812 section 5.2, RFC 8200). Redirects are not sent.</summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="host">The host.</param>
internal sealed class Forwarder(IpHost host)
{
    private byte[] _copy = [];

    internal void OnIPv4(IpInterface at, ReadOnlySpan<byte> bytes, in Ipv4Packet packet)
    {
        // RFC 3927 section 2.7, RFC 1812 section 5.3.4 and RFC 2644: not what belongs to one link, and not what goes to all on it.
        var (source, destination) = (packet.Source, packet.Destination);
        var isConfined = source.IsLinkLocal || destination.IsLinkLocal || source.IsUnspecified || (destination.IPv4Bits >> 28) == 0xf
            || host.Router.Addresses.IsBroadcast(destination, out _);
        if (!IsForwardable(at, destination) || isConfined)
        {
            host.Counters.Drop(Router.IsMulticast(destination) ? IpDrop.NotJoined : IpDrop.NotForUs);
            return;
        }

        if (packet.TimeToLive <= 1)
        {
            Refuse(IpDrop.HopLimit, bytes, IcmpError.HopLimitExceeded, at);
            return;
        }

        var way = host.Router.Follow(destination, only: null);
        if (!CheckWay(way, bytes, at))
        {
            return;
        }

        var mtu = way.Interface!.Mtu;
        if (bytes.Length > mtu && packet.DontFragment)
        {
            // RFC 1191 section 4.
            Refuse(IpDrop.TooBig, bytes, IcmpError.PacketTooBig(mtu), at);
            return;
        }

        var copy = Copy(bytes);
        var before = ReadUInt16BigEndian(copy[8..]);
        copy[8]--;
        WriteUInt16BigEndian(copy[10..], InternetChecksum.Update(ReadUInt16BigEndian(copy[10..]), before, ReadUInt16BigEndian(copy[8..])));
        host.Counters.Forwarded++;
        if (bytes.Length > mtu)
        {
            host.Fragmenter.Send(way.Interface, NextHopOf(way), default, copy, mtu, identification: 0);
        }
        else
        {
            host.Transmitter.SendTo(way.Interface, NextHopOf(way), default, copy, default);
        }
    }

    internal void OnIPv6(IpInterface at, ReadOnlySpan<byte> bytes, InternetAddress source, InternetAddress destination)
    {
        // RFC 4291 section 2.5.6: neither from nor to what belongs to one link. From nobody nothing goes beyond it.
        if (!IsForwardable(at, destination) || source.IsUnspecified || destination.IsLinkLocal)
        {
            host.Counters.Drop(Router.IsMulticast(destination) ? IpDrop.NotJoined : IpDrop.NotForUs);
            return;
        }

        if (source.IsLinkLocal)
        {
            // RFC 4443 section 3.1.
            Refuse(IpDrop.NotForUs, bytes, IcmpError.BeyondScope, at);
            return;
        }

        if (bytes[7] <= 1)
        {
            Refuse(IpDrop.HopLimit, bytes, IcmpError.HopLimitExceeded, at);
            return;
        }

        var way = host.Router.Follow(destination, only: null);
        if (!CheckWay(way, bytes, at))
        {
            return;
        }

        if (bytes.Length > way.Interface!.Mtu)
        {
            // RFC 8200 section 5: routers cut nothing.
            Refuse(IpDrop.TooBig, bytes, IcmpError.PacketTooBig(way.Interface.Mtu), at);
            return;
        }

        var copy = Copy(bytes);
        copy[7]--;
        host.Counters.Forwarded++;
        host.Transmitter.SendTo(way.Interface, NextHopOf(way), default, copy, default);
    }

    private static Neighbour? NextHopOf(in RouteDecision way) =>
        way.Interface!.Layer == LinkLayer.Ip ? null : way.Interface.Neighbours.FindOrAdd(way.NextHop);

    private bool IsForwardable(IpInterface at, InternetAddress destination) =>
        host.Options.IsForwarding && !at.IsLoopback && !host.IsFrameForMany && !Router.IsMulticast(destination);

    /// <summary>Whether routes know a way; the sender is notified when they do not.</summary>
    private bool CheckWay(in RouteDecision way, ReadOnlySpan<byte> bytes, IpInterface at)
    {
        if (way.Interface is { IsLoopback: false })
        {
            return true;
        }

        host.Counters.Drop(IpDrop.NoRoute);
        if (way.Refusal != RouteKind.Blackhole)
        {
            var error = way.Refusal switch
            {
                RouteKind.Prohibit => IcmpError.Prohibited,
                RouteKind.Unreachable => IcmpError.Rejected,
                _ => IcmpError.NetworkUnreachable,
            };
            host.IcmpErrors.Send(bytes, error, at);
        }

        return false;
    }

    private void Refuse(IpDrop reason, ReadOnlySpan<byte> bytes, in IcmpError error, IpInterface at)
    {
        host.Counters.Drop(reason);
        host.IcmpErrors.Send(bytes, error, at);
    }

    private Span<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        if (_copy.Length < bytes.Length)
        {
            _copy = new byte[Math.Max(bytes.Length, 2048)];
        }

        bytes.CopyTo(_copy);
        return _copy.AsSpan(0, bytes.Length);
    }
}
