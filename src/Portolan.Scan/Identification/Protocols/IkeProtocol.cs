using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// IKE, version 2 (RFC 7296 section 1.2) or 1 (RFC 2409 section 5, RFC 2408): the first message of an exchange. It offers DES, MD5 and the
/// 768-bit group, which RFC 8247 forbids: a responder refuses, which tells that it is one, and keeps no half-open association.
/// </summary>
internal sealed class IkeProtocol : ServiceProtocol
{
    private const int HeaderLength = 28;
    private const byte SaInit = 34;
    private const byte MainMode = 2;
    private const byte Informational = 5;

    private static readonly byte[] Spi = [.. "portolan"u8];

    // Identifiers of vendors are hashes of text, or text; these two are documented by their projects.
    private static readonly (byte[] Begins, string Product, string Cpe)[] Vendors =
    [
        ([0x88, 0x2F, 0xE5, 0x6D, 0x6F, 0xD2, 0x0D, 0xBC, 0x22, 0x51, 0x61, 0x3B, 0x2E, 0xBE, 0x5B, 0xEB], "strongSwan",
            "strongswan:strongswan"),
        ([.. "OE-Libreswan-"u8], "Libreswan", "libreswan:libreswan"),
    ];

    private static readonly Dictionary<int, string> Notices = new()
    {
        [5] = "INVALID_MAJOR_VERSION",
        [7] = "INVALID_SYNTAX",
        [14] = "NO_PROPOSAL_CHOSEN",
        [17] = "INVALID_KE_PAYLOAD",
        [24] = "AUTHENTICATION_FAILED",
        [16390] = "COOKIE",
    };

    private readonly byte _version;
    private readonly ServiceProbe _opening;

    public IkeProtocol(byte version)
        : base("isakmp", 500)
    {
        _version = version;
        _opening = version == 2
            ? new ServiceProbe("IKEv2 IKE_SA_INIT", SecondVersion())
            : new ServiceProbe("IKEv1 main mode", FirstVersion());
    }

    /// <inheritdoc/>
    public override ServiceProbe Opening => _opening;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, _opening) || bytes.Length < HeaderLength || !bytes.StartsWith(Spi)
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[24..]) != bytes.Length)
        {
            return ReplyReading.Foreign;
        }

        var isAnswer = (bytes[17] >> 4) switch
        {
            2 => bytes[18] == SaInit && (bytes[19] & 0x28) == 0x20,
            1 => bytes[18] == Informational || (bytes[18] == MainMode && bytes.Slice(8, 8).IndexOfAnyExcept((byte)0) >= 0),
            _ => false,
        };
        return isAnswer ? ReplyReading.Certain(Describe(bytes)) : ReplyReading.Foreign;
    }

    private IdentifiedService Describe(ReadOnlySpan<byte> bytes)
    {
        var version = bytes[17] >> 4;
        var service = new IdentifiedService(Name) { Info = FormattableString.Invariant($"IKEv{version}") };
        var type = bytes[16];
        var rest = bytes[HeaderLength..];
        var (notify, vendor) = version == 2 ? (41, 43) : (11, 13);
        while (type != 0 && rest.Length >= 4 && BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) is var length && length >= 4
            && length <= rest.Length)
        {
            var body = rest[4..length];
            if (type == vendor)
            {
                service = WithVendor(service, body);
            }

            // Version 1 has the domain of interpretation first.
            var at = version == 2 ? 2 : 6;
            if (type == notify && body.Length >= at + 2
                && Notices.TryGetValue(BinaryPrimitives.ReadUInt16BigEndian(body[at..]), out var notice))
            {
                service = service with { Info = $"{service.Info}; {notice}" };
            }

            type = rest[0];
            rest = rest[length..];
        }

        return service;
    }

    private static IdentifiedService WithVendor(IdentifiedService service, ReadOnlySpan<byte> identifier)
    {
        foreach (var (begins, product, cpe) in Vendors)
        {
            if (identifier.StartsWith(begins))
            {
                var version = product == "Libreswan" ? ReplyText.Of(identifier[begins.Length..]) : null;
                return service with { Product = product, Version = version, Cpes = Cpe.Of(cpe, version) };
            }
        }

        return service;
    }

    private static byte[] SecondVersion()
    {
        // Section 3.3: one proposal for IKE with DES, PRF_HMAC_MD5, AUTH_HMAC_MD5_96 and group 1; a public value of 96 bytes and a nonce of
        // 16.
        byte[] proposal = [
            0, 0, 0, 40, 1, 1, 0, 4, 3, 0, 0, 8, 1, 0, 0, 2, 3, 0, 0, 8, 2, 0, 0, 1, 3, 0, 0, 8, 3, 0, 0, 1, 0, 0, 0, 8, 4, 0, 0, 1];
        byte[] payloads =
        [
            34, 0, 0, (byte)(4 + proposal.Length), .. proposal,
            40, 0, 0, 8 + 96, 0, 1, 0, 0, .. Encoding.ASCII.GetBytes(new string('p', 96)),
            0, 0, 0, 4 + 16, .. "portolan-nonce--"u8,
        ];
        return Message(33, 0x20, SaInit, 0x08, payloads);
    }

    // RFC 2407 section 4.6: one transform with DES-CBC, MD5, a shared key, group 1 and a life of 28,800 seconds.
    private static byte[] FirstVersion() => Message(1, 0x10, MainMode, 0,
    [
        0, 0, 0, 52, 0, 0, 0, 1, 0, 0, 0, 1,
        0, 0, 0, 40, 1, 1, 0, 1,
        0, 0, 0, 32, 1, 1, 0, 0, 0x80, 1, 0, 1, 0x80, 2, 0, 1, 0x80, 3, 0, 1, 0x80, 4, 0, 1, 0x80, 11, 0, 1, 0x80, 12, 0x70, 0x80,
    ]);

    private static byte[] Message(byte first, byte version, byte exchange, byte flags, byte[] payloads)
    {
        byte[] message = [.. Spi, 0, 0, 0, 0, 0, 0, 0, 0, first, version, exchange, flags, 0, 0, 0, 0, 0, 0, 0, 0, .. payloads];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(24), message.Length);
        return message;
    }
}
