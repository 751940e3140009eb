using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Modbus/TCP: Read Device Identification, basic (MODBUS Application Protocol 1.1b3 section 6.21, MODBUS Messaging on TCP/IP 1.0b section
/// 3.1). Only read; a gateway is asked once more for its first unit.
/// </summary>
internal sealed class ModbusProtocol() : ServiceProtocol("mbap", 502)
{
    private const byte Function = 0x2B;
    private const byte Exception = 0x80;
    private const int HeaderLength = 7;

    // Unit 255: the device itself.
    private static readonly ServiceProbe Device =
        new("Modbus read device identification", [0x50, 0x6F, 0, 0, 0, 5, 0xFF, Function, 0x0E, 1, 0]);
    private static readonly ServiceProbe FirstUnit =
        new("Modbus read device identification of unit 1", [0x50, 0x71, 0, 0, 0, 5, 1, Function, 0x0E, 1, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Device;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [FirstUnit];

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!ReferenceEquals(reply.Asked, Device) && !ReferenceEquals(reply.Asked, FirstUnit))
        {
            return ReplyReading.Foreign;
        }

        var number = ReferenceEquals(reply.Asked, Device) ? (byte)0x6F : (byte)0x71;
        var bytes = reply.Bytes;
        if (bytes.Length < HeaderLength + 2)
        {
            return bytes.Length > 0 && bytes[0] == 0x50 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (bytes[0] != 0x50 || bytes[1] != number || bytes[2] != 0 || bytes[3] != 0 || length is < 3 or > 254
            || (bytes[7] & ~Exception) != Function)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 6 + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        return (bytes[7], length) switch
        {
            (Function | Exception, 3) => ReplyReading.Certain(new IdentifiedService(Name) { Info = $"Modbus; {ExceptionName(bytes[8])}" }),

            // Our own request, repeated by an echo, is no longer than its number of objects.
            (Function, > 7) when bytes[8] == 0x0E => ReplyReading.Certain(Describe(bytes.Slice(HeaderLength, length - 1))),
            _ => ReplyReading.Foreign,
        };
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ArgumentNullException.ThrowIfNull(known);
        if (!isCertain || known.Info?.Contains("gateway", StringComparison.Ordinal) != true)
        {
            return isCertain ? known : null;
        }

        var answer = await conversation.AskAsync(
            FirstUnit, static reply => reply.Length > 6 && reply.Length >= 6 + BinaryPrimitives.ReadUInt16BigEndian(reply.Span[4..]));
        return Read(new ServiceReply(answer.Span, FirstUnit, isEnded: true)) is
        {
            Match: ReplyMatch.Certain,
            Service: { Product: not null } service
        } ? service : known;
    }

    // Function, 0x0E, code, conformity, more, next, count; then objects of a number, a length and a text: vendor, product code, revision.
    private IdentifiedService Describe(ReadOnlySpan<byte> data)
    {
        string? vendor = null, product = null, version = null;
        var rest = data[Math.Min(7, data.Length)..];
        while (rest.Length >= 2 && rest.Length >= 2 + rest[1])
        {
            var text = ReplyText.Of(rest.Slice(2, rest[1]));
            (vendor, product, version) = rest[0] switch
            {
                0 => (text, product, version),
                1 => (vendor, text, version),
                2 => (vendor, product, text),
                _ => (vendor, product, version),
            };
            rest = rest[(2 + rest[1])..];
        }

        return new IdentifiedService(Name)
        {
            Product = string.Join(' ', new[] { vendor, product }.OfType<string>()) is { Length: > 0 } name ? name : null,
            Version = version,
            Info = "Modbus",
        };
    }

    private static string ExceptionName(byte code) => code switch
    {
        1 => "no device identification",
        2 => "illegal data address",
        3 => "illegal data value",
        4 => "server device failure",
        6 => "server device busy",
        10 => "gateway path unavailable",
        11 => "gateway target does not respond",
        _ => FormattableString.Invariant($"exception {code}"),
    };
}
