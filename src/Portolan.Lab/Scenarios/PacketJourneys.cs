using System.Security.Cryptography;
using System.Text;
using Portolan.Lab.Running.Wire;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>How the first machine that sent a packet, as it looks, came to it.</summary>
internal enum PacketOrigin : byte
{
    /// <summary>Not known, or the machine is the packet's source.</summary>
    Source,

    /// <summary>It got the packet with other addresses or ports, and translated it.</summary>
    Translated,

    /// <summary>It made it in the name of another.</summary>
    Made,
}

/// <summary>
/// Packets followed from network to network. The same packet crosses several of them; a router that translates takes one and sends another,
/// with the same sequence numbers and data; and what has the address of one machine and comes out of another, which never got it, is made
/// there.
/// </summary>
internal sealed class PacketJourneys
{
    private readonly Dictionary<PacketRecord, (string? Origin, PacketOrigin Kind)> _origins = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<PacketRecord> _translated = new(ReferenceEqualityComparer.Instance);

    /// <summary>Follows packets.</summary>
    /// <param name="packets">All that crossed networks, in their order.</param>
    /// <param name="nameOf">Who has an address.</param>
    internal PacketJourneys(IReadOnlyList<PacketRecord> packets, Func<InternetAddress, string?> nameOf)
    {
        var relays = packets.Where(p => PacketHeads.TryRead(p.Bytes, out var heads) && nameOf(heads.Source) is { } name && name != p.From)
            .Select(static p => p.From).ToHashSet(StringComparer.Ordinal);
        var (taken, content) = (new Dictionary<string, PacketRecord>(StringComparer.Ordinal),
            new Dictionary<string, PacketRecord>(StringComparer.Ordinal));
        foreach (var packet in relays.Count == 0 ? [] : packets)
        {
            if (!PacketHeads.TryRead(packet.Bytes, out var heads) || FragmentGatherer.IsFragment(packet.Bytes))
            {
                continue;
            }

            if (relays.Contains(packet.From))
            {
                Follow(packet, heads, nameOf, taken, content);
            }

            if (packet.Fate is WireOutcome.PassedOn or WireOutcome.Taken && packet.To is { } to && relays.Contains(to))
            {
                taken[KeyOf(to, heads, isWhole: true)] = packet;
                content[KeyOf(to, heads, isWhole: false)] = packet;
            }
        }
    }

    /// <summary>Who sent a packet first as it looks, and how that came about; <c>null</c> for its source.</summary>
    internal (string? Origin, PacketOrigin Kind) OriginOf(PacketRecord packet) => _origins.GetValueOrDefault(packet);

    /// <summary>Whether its receiver passed it on with other addresses or ports.</summary>
    internal bool IsTranslatedOn(PacketRecord packet) => _translated.Contains(packet);

    private void Follow(
        PacketRecord packet, in PacketHeads heads, Func<InternetAddress, string?> nameOf, Dictionary<string, PacketRecord> taken,
        Dictionary<string, PacketRecord> content)
    {
        if (taken.TryGetValue(KeyOf(packet.From, heads, isWhole: true), out var same))
        {
            _origins[packet] = OriginOf(same);
        }
        else if (heads.HasPorts && content.TryGetValue(KeyOf(packet.From, heads, isWhole: false), out var other))
        {
            _origins[packet] = (packet.From, PacketOrigin.Translated);
            _translated.Add(other);
        }
        else if (heads.HasPorts && nameOf(heads.Source) is { } source && source != packet.From)
        {
            _origins[packet] = (packet.From, PacketOrigin.Made);
        }
    }

    /// <summary>What a packet keeps: all but what every router changes, or only what one keeps that translates ports.</summary>
    private static string KeyOf(string machine, in PacketHeads heads, bool isWhole)
    {
        var text = new StringBuilder(machine).Append('/').Append((int)heads.Protocol).Append('/');
        if (isWhole)
        {
            return text.Append(heads.Source).Append('/').Append(heads.Destination).Append('/').Append(Digest(heads.Payload)).ToString();
        }

        if (heads.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(heads.Payload, out var segment))
        {
            return text.Append(segment.Sequence).Append('/').Append(segment.Acknowledgment).Append('/').Append((int)segment.Flags)
                .Append('/').Append(Digest(segment.Payload)).ToString();
        }

        return UdpDatagram.TryRead(heads.Payload, out var datagram)
            ? text.Append(Digest(datagram.Payload)).ToString()
            : text.Append(Digest(heads.Payload)).ToString();
    }

    private static string Digest(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes));
}
