using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// BACnet/IP: ReadProperty of the device object, addressed by the wildcard instance (ANSI/ASHRAE 135 clauses 15.5, 20 and annex J): model,
/// vendor, firmware and name. Nothing is written, and nothing is broadcast.
/// </summary>
internal sealed class BacnetProtocol() : ServiceProtocol("bacnet", 47808)
{
    private const byte ReadProperty = 12;

    private static readonly ServiceProbe Model = Property("BACnet ReadProperty model-name", 70);
    private static readonly ServiceProbe Vendor = Property("BACnet ReadProperty vendor-name", 121);
    private static readonly ServiceProbe Firmware = Property("BACnet ReadProperty firmware-revision", 44);
    private static readonly ServiceProbe ObjectName = Property("BACnet ReadProperty object-name", 77);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Model;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Vendor, Firmware, ObjectName];

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) => TryRead(reply.Bytes, 70, out var instance, out var model)
        ? ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = model,
            Info = instance is null ? null : FormattableString.Invariant($"device {instance}"),
        })
        : ReplyReading.Foreign;

    /// <inheritdoc/>
    public override async Task<IdentifiedService> AskByDatagramAsync(
        DatagramExchange exchange, IdentifiedService known, ReadOnlyMemory<byte> reply)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentNullException.ThrowIfNull(known);
        var vendor = await ValueAsync(exchange, Vendor, 121);
        var firmware = await ValueAsync(exchange, Firmware, 44);
        var name = await ValueAsync(exchange, ObjectName, 77);
        return known with
        {
            Product = vendor is null ? known.Product : known.Product is null ? vendor : $"{vendor} {known.Product}",
            Version = firmware,
            Info = name is null ? known.Info : $"{known.Info}; name {name}",
        };
    }

    private static async Task<string?> ValueAsync(DatagramExchange exchange, ServiceProbe probe, byte property)
    {
        var answer = await exchange.AskAsync(probe);
        return TryRead(answer.Span, property, out _, out var value) ? value : null;
    }

    // BVLC original unicast; NPDU that expects a reply; confirmed request, invoke identifier as the property's number; device 4194303; the
    // property.
    private static ServiceProbe Property(string name, byte number) =>
        new(name, [0x81, 0x0A, 0, 17, 1, 4, 0, 5, number, ReadProperty, 0x0C, 0x02, 0x3F, 0xFF, 0xFF, 0x19, number]);

    private static bool TryRead(ReadOnlySpan<byte> bytes, byte property, out uint? instance, out string? value)
    {
        (instance, value) = (null, null);
        if (bytes.Length < 9 || bytes[0] != 0x81 || bytes[1] != 0x0A || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != bytes.Length
            || bytes[4] != 1)
        {
            return false;
        }

        // Who answers for another network names it.
        var at = 6;
        if ((bytes[5] & 0x08) != 0)
        {
            at = bytes.Length > 8 ? 9 + bytes[8] : bytes.Length;
        }

        var apdu = at < bytes.Length ? bytes[at..] : default;
        switch (apdu)
        {
            // Error, reject and abort tell the protocol.
            case [0x50, var invoke, ReadProperty, _, ..] when invoke == property:
            case [0x60 or 0x70 or 0x71, var refused, _] when refused == property:
                return true;
            case [0x30, var invoke, ReadProperty, 0x0C, _, _, _, _, 0x19, var read, 0x3E, ..] when invoke == property && read == property:
                instance = BinaryPrimitives.ReadUInt32BigEndian(apdu[4..]) & 0x3F_FFFF;
                value = CharacterString(apdu[11..]);
                return true;
            default:
                return false;
        }
    }

    // Clause 20.2.9: tag 7, its length, the character set, the text. 0 is UTF-8.
    private static string? CharacterString(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] >> 4 != 7 || (rest[0] & 8) != 0)
        {
            return null;
        }

        var length = rest[0] & 7;
        rest = rest[1..];
        if (length == 5 && !rest.IsEmpty && rest[0] < 254)
        {
            length = rest[0];
            rest = rest[1..];
        }

        return length > 1 && rest.Length >= length && rest[0] == 0 ? ReplyText.Of(rest[1..length]) : null;
    }
}
