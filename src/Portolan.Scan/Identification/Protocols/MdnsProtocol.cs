using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Multicast DNS: a legacy unicast query (RFC 6762 section 6.7) for the types of services (RFC 6763 section 9) and for the name of the
/// target's own address. The responder is the authority of <c>.local</c> and says so.
/// </summary>
internal sealed class MdnsProtocol() : ServiceProtocol("mdns", 5353)
{
    private const ushort Id = 0x506D;
    private const ushort Pointer = 12;
    private const string Types = "_services._dns-sd._udp.local";

    private static readonly ServiceProbe Query = new("mDNS query of services and name", static target =>
    [
        Id >> 8, Id & 0xFF, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
        .. DnsNames.Write(Types), 0, (byte)Pointer, 0, 1,
        .. DnsNames.Write(DnsNames.Reverse(target.Socket.Address)), 0, (byte)Pointer, 0, 1,
    ]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Query;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // A response without error by the authority. A name server answers neither with authority for .local.
        var message = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Query) || message.Length < 12 || BinaryPrimitives.ReadUInt16BigEndian(message) != Id
            || (BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & 0xFC0F) != 0x8400)
        {
            return ReplyReading.Foreign;
        }

        var at = 12;
        for (var left = BinaryPrimitives.ReadUInt16BigEndian(message[4..]); left > 0; left--)
        {
            if (!DnsNames.TryRead(message, ref at, out _))
            {
                return ReplyReading.Foreign;
            }

            at += 4;
        }

        string? host = null;
        var types = new List<string>();
        for (var left = BinaryPrimitives.ReadUInt16BigEndian(message[6..]); left > 0 && DnsNames.TryRead(message, ref at, out var name)
            && at + 10 <= message.Length; left--)
        {
            var (type, length) = (BinaryPrimitives.ReadUInt16BigEndian(message[at..]),
                BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]));
            var data = at + 10;
            at = data + length;
            if (type == Pointer && DnsNames.TryRead(message, ref data, out var value)
                && value.EndsWith(".local", StringComparison.OrdinalIgnoreCase))
            {
                if (name.EndsWith(".arpa", StringComparison.OrdinalIgnoreCase))
                {
                    host = value;
                }
                else if (name.Equals(Types, StringComparison.OrdinalIgnoreCase))
                {
                    types.Add(value[..^".local".Length]);
                }
            }
        }

        return host is null && types.Count == 0 ? ReplyReading.Foreign : ReplyReading.Certain(new IdentifiedService(Name)
        {
            HostName = host,
            Info = types.Count == 0
                ? null
                : ReplyText.Of(System.Text.Encoding.UTF8.GetBytes($"services {string.Join(", ", types.Distinct())}")),
        });
    }
}
