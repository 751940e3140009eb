using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Reassembly;

/// <summary>A fragment of either family, as reassembly sees it.</summary>
internal readonly ref struct FragmentView
{
    private const int TcpHeaderLength = 20;

    /// <summary>RFC 1858 section 3.2.1: so many bytes hold TCP's flags.</summary>
    private const int TcpFlagsEnd = 16;

    private FragmentView(InternetAddress source, InternetAddress destination, uint identification, byte protocol)
    {
        Source = source;
        Destination = destination;
        Identification = identification;
        Protocol = protocol;
    }

    internal InternetAddress Source { get; }

    internal InternetAddress Destination { get; }

    internal uint Identification { get; }

    /// <summary>0 for IPv6, where it does not tell packets apart.</summary>
    internal byte Protocol { get; }

    internal int Start { get; private init; }

    internal bool IsLast { get; private init; }

    /// <summary>The whole packet that the fragment is.</summary>
    internal ReadOnlySpan<byte> Packet { get; private init; }

    /// <summary>Where its data starts in the packet.</summary>
    internal int DataOffset { get; private init; }

    /// <summary>Of IPv6: where the fragment header starts, and the reassembled data will.</summary>
    internal int HeaderLength { get; private init; }

    /// <summary>Of IPv6: the place of the next header field that names the fragment header.</summary>
    internal int NextHeaderOffset { get; private init; }

    /// <summary>ECN of the IP header, 0–3.</summary>
    internal int Ecn { get; private init; }

    internal bool IsTiny { get; private init; }

    internal ReadOnlySpan<byte> Data => Packet[DataOffset..];

    internal int End => Start + Packet.Length - DataOffset;

    /// <summary>
    /// Reads a packet. <paramref name="isFragment"/> is false for one that is whole; the result is false for what is not an IP packet.
    /// </summary>
    internal static bool TryRead(ReadOnlySpan<byte> packet, out bool isFragment, out FragmentView view)
    {
        view = default;
        isFragment = false;
        if (Ipv4Packet.TryRead(packet, out var v4))
        {
            isFragment = v4.MoreFragments || v4.IsLaterFragment;
            var isTcp = v4.Protocol == IpProtocol.Tcp;
            view = new FragmentView(v4.Source, v4.Destination, v4.Identification, (byte)v4.Protocol)
            {
                Start = v4.FragmentOffset,
                IsLast = !v4.MoreFragments,
                Packet = packet[..v4.TotalLength],
                DataOffset = v4.HeaderLength,
                HeaderLength = v4.HeaderLength,
                Ecn = v4.TypeOfService & 3,

                // RFC 1858 section 3.2.2 and RFC 3128: neither the first without the flags nor one that would write over them.
                IsTiny = isTcp && (v4.FragmentOffset == 8 || (v4.FragmentOffset == 0 && v4.Payload.Length < TcpFlagsEnd)),
            };
            return true;
        }

        if (!Ipv6Packet.TryRead(packet, out var v6))
        {
            return false;
        }

        // RFC 6946: a fragment that is all of its packet never meets others.
        isFragment = v6.HasFragmentHeader && (v6.MoreFragments || v6.IsLaterFragment);
        if (isFragment)
        {
            var header = v6.UnfragmentablePart.Length;
            view = new FragmentView(v6.Source, v6.Destination, v6.FragmentIdentification, 0)
            {
                Start = v6.FragmentOffset,
                IsLast = !v6.MoreFragments,
                Packet = packet[..v6.TotalLength],
                DataOffset = header + Ipv6ExtensionWriter.FragmentLength,
                HeaderLength = header,
                NextHeaderOffset = NextHeaderBefore(v6, header),
                Ecn = v6.TrafficClass & 3,
                IsTiny = !v6.IsLaterFragment && !HasUpperHeader(v6),
            };
        }

        return true;
    }

    private static int NextHeaderBefore(in Ipv6Packet packet, int fragmentHeader)
    {
        var offset = 6;
        foreach (var header in packet.Extensions)
        {
            if (header.Offset >= fragmentHeader)
            {
                break;
            }

            offset = header.Offset;
        }

        return offset;
    }

    /// <summary>RFC 7112 section 5: the first fragment holds the whole header chain.</summary>
    private static bool HasUpperHeader(in Ipv6Packet packet) => packet.Payload.Length >= packet.Protocol switch
    {
        IpProtocol.Tcp => TcpHeaderLength,
        IpProtocol.Udp or IpProtocol.Icmpv6 or IpProtocol.Fragment => 8,
        IpProtocol.Sctp => 12,
        _ => 0,
    };
}
