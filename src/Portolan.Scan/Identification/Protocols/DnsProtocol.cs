using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// DNS: the question version.bind, class CHAOS, type TXT (RFC 4892 section 2). It is answered or refused; both tell what it is.
/// </summary>
internal sealed class DnsProtocol : ServiceProtocol
{
    private const ushort Id = 0x5054;

    private static readonly byte[] Question = [
        Id >> 8, Id & 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, .. "version"u8, 4, .. "bind"u8, 0, 0, 16, 0, 3];

    private readonly bool _isStream;
    private readonly ServiceProbe _opening;

    public DnsProtocol(bool isStream)
        : base("domain", 53, 5353, 5354)
    {
        _isStream = isStream;
        _opening = new ServiceProbe("DNS version.bind", isStream ? [0, (byte)Question.Length, .. Question] : Question);
    }

    /// <inheritdoc/>
    public override ServiceProbe Opening => _opening;

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => _isStream ? [853] : [];

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => _isStream ? 5 : 1;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!ReferenceEquals(reply.Asked, _opening))
        {
            return ReplyReading.Foreign;
        }

        var message = reply.Bytes;
        if (_isStream)
        {
            if (message.Length < 4)
            {
                return message.Length > 0 && message[0] < 8 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(message);
            if (length is < 12 or > 2048 || message[2] != Id >> 8 || message[3] != (Id & 0xFF))
            {
                return ReplyReading.Foreign;
            }

            if (message.Length < 2 + length)
            {
                return ReplyReading.UnlessEnded(reply);
            }

            message = message.Slice(2, length);
        }

        // A response of the same number, with our question or (to some servers' taste) none.
        if (message.Length < 12 || BinaryPrimitives.ReadUInt16BigEndian(message) != Id || (message[2] & 0xF8) != 0x80
            || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) > 1
            || (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == 1 && !message[12..].StartsWith(Question.AsSpan(12, 14))))
        {
            return ReplyReading.Foreign;
        }

        return ReplyReading.Certain(Describe(message));
    }

    private IdentifiedService Describe(ReadOnlySpan<byte> message)
    {
        var service = new IdentifiedService(Name);
        if (TextIn(message) is not { } said)
        {
            return service with
            {
                Info = (message[3] & 15) switch
                {
                    4 => "version.bind: not implemented",
                    5 => "version.bind: refused",
                    _ => null
                }
            };
        }

        // "dnsmasq-2.90", "9.18.49-1~deb12u3-Debian", "unbound 1.17.1", "PowerDNS Authoritative Server 4.7.3 (…)", "Knot DNS 3.2.6", "NSD
        // 4.6.1".
        foreach (var (prefix, product, cpe) in Products)
        {
            if (said.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                var rest = said[prefix.Length..].TrimStart(' ', '-');
                var version = rest.Length > 0 && char.IsAsciiDigit(rest[0]) ? rest.Split(' ')[0] : null;
                return service with { Product = product, Version = version, Cpes = cpe is null ? [] : Cpe.Of(cpe, version) };
            }
        }

        // A bare number is BIND's way, with the distribution behind it.
        var dash = said.IndexOf('-', StringComparison.Ordinal);
        return said.Length > 3 && said[0] == '9' && said[1] == '.' && char.IsAsciiDigit(said[2])
            ? service with
            {
                Product = "ISC BIND",
                Version = dash < 0 ? said : said[..dash],
                Info = dash < 0 ? null : said[(dash + 1)..],
                Cpes = Cpe.Of("isc:bind", dash < 0 ? said : said[..dash]),
            }
            : service with { Info = $"version.bind: {said}" };
    }

    private static (string Prefix, string Product, string? Cpe)[] Products { get; } =
    [
        ("dnsmasq", "dnsmasq", "thekelleys:dnsmasq"), ("unbound", "Unbound", "nlnetlabs:unbound"),
        ("PowerDNS Authoritative Server", "PowerDNS Authoritative Server", "powerdns:authoritative_server"),
        ("PowerDNS Recursor", "PowerDNS Recursor", "powerdns:recursor"), ("Knot DNS", "Knot DNS", "knot-dns:knot_dns"),
        ("NSD", "NSD", "nlnetlabs:name_server_daemon"),
        ("CoreDNS", "CoreDNS", "coredns.io:coredns"), ("Microsoft DNS", "Microsoft DNS", null), ("BIND", "ISC BIND", "isc:bind"),
    ];

    /// <summary>
    /// What an answer says of the server's version, by datagram or, behind its length, on a connection; <c>null</c> where it says nothing.
    /// </summary>
    internal static string? VersionIn(ReadOnlySpan<byte> reply)
    {
        var message = reply.Length > 2 && BinaryPrimitives.ReadUInt16BigEndian(reply) == reply.Length - 2 ? reply[2..] : reply;
        return message.Length < 12 ? null : TextIn(message);
    }

    // The first answer's text: name (a pointer, or spelled out), type, class, TTL, length, then a length and the text.
    private static string? TextIn(ReadOnlySpan<byte> message)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(message[6..]) == 0 || message.Length < 12 + 18)
        {
            return null;
        }

        var at = 12 + 18;
        while (at < message.Length && message[at] is > 0 and < 0xC0)
        {
            at += message[at] + 1;
        }

        at += at < message.Length && message[at] >= 0xC0 ? 2 : 1;
        if (at + 11 > message.Length || BinaryPrimitives.ReadUInt16BigEndian(message[at..]) != 16)
        {
            return null;
        }

        var length = message[at + 10];
        return at + 11 + length <= message.Length ? ReplyText.Of(message.Slice(at + 11, length)) : null;
    }
}
