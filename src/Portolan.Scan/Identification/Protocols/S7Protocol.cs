using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// S7 of Siemens controllers, over ISO transport on TCP (RFC 1006, ISO 8073): a connection request for rack 0, slot 2; the setup of
/// communication; the read of two system status lists, which name the module and its firmware (SIMATIC "System and Standard Functions", SZL
/// 0x0011 and 0x001C). Nothing is written.
/// </summary>
internal sealed class S7Protocol() : ServiceProtocol("iso-tsap", 102)
{
    private const int ModuleList = 0x0011;
    private const int ComponentList = 0x001C;
    private const int DataAt = 7 + 10 + 12;

    private static readonly ServiceProbe Connect = new("ISO transport connection request, S7 rack 0 slot 2",
        [3, 0, 0, 22, 0x11, 0xE0, 0, 0, 0x50, 0x6F, 0, 0xC0, 1, 0x0A, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2]);

    private static readonly ServiceProbe Setup = new("S7 setup communication",
        [3, 0, 0, 25, 2, 0xF0, 0x80, 0x32, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0xF0, 0, 0, 1, 0, 1, 1, 0xE0]);

    private static readonly ServiceProbe Modules = ReadList("S7 read of SZL 0x0011", ModuleList);
    private static readonly ServiceProbe Components = ReadList("S7 read of SZL 0x001C", ComponentList);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Connect;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Setup, Modules, Components];

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // A TPKT with the connection confirm, or the disconnect request, of our reference.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Connect) || bytes.IsEmpty || bytes[0] != 3)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 11)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        return bytes[1] == 0 && BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) is >= 11 and <= 128 && bytes[5] is 0xD0 or 0x80
            && bytes[6] == 0x50 && bytes[7] == 0x6F
            ? ReplyReading.Certain(
                new IdentifiedService(Name) { Info = bytes[5] == 0xD0 ? "ISO transport" : "ISO transport; the connection is refused" })
            : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ArgumentNullException.ThrowIfNull(known);
        if (known.Info != "ISO transport")
        {
            return known;
        }

        // Acknowledged data of S7 with the setup's own function.
        var setup = await conversation.AskAsync(Setup, IsWhole);
        if (setup.Length < 20 || setup.Span[7] != 0x32 || setup.Span[8] is not (2 or 3))
        {
            return known;
        }

        var modules = (await conversation.AskAsync(Modules, IsWhole)).ToArray();
        var components = await conversation.AskAsync(Components, IsWhole);
        return Describe(known, modules, components.Span);
    }

    // List 0x0011: number, 20 characters of the order number, type, version; number 1 is the module, 7 its firmware as "V" and three bytes.
    // 0x001C: number and 32 characters.
    private static IdentifiedService Describe(IdentifiedService known, ReadOnlySpan<byte> modules, ReadOnlySpan<byte> components)
    {
        string? order = null, version = null, system = null, module = null;
        for (var i = 0; TryRecord(modules, ModuleList, i, 26, out var record); i++)
        {
            var number = BinaryPrimitives.ReadUInt16BigEndian(record);
            order ??= number == 1 ? ReplyText.Of(record.Slice(2, 20)) : null;
            version ??= number == 7 && record.Length >= 28 && record[24] == 'V'
                ? FormattableString.Invariant($"{record[25]}.{record[26]}.{record[27]}")
                : null;
        }

        for (var i = 0; TryRecord(components, ComponentList, i, 34, out var record); i++)
        {
            var number = BinaryPrimitives.ReadUInt16BigEndian(record);
            system ??= number == 1 ? ReplyText.Of(record.Slice(2, 32)) : null;
            module ??= number == 7 ? ReplyText.Of(record.Slice(2, 32)) : null;
        }

        string?[] facts = ["S7", module is null || order is null ? null : $"module {module}", system is null ? null : $"system {system}"];
        return known with { Product = order ?? module, Version = version, Info = string.Join("; ", facts.OfType<string>()) };
    }

    private static bool TryRecord(ReadOnlySpan<byte> reply, int list, int place, int least, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (reply.Length < DataAt + 12 || reply[7] != 0x32 || reply[8] != 7 || reply[DataAt] != 0xFF
            || BinaryPrimitives.ReadUInt16BigEndian(reply[(DataAt + 4)..]) != list)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(reply[(DataAt + 8)..]);

        var at = DataAt + 12 + (place * length);
        if (length < least || place >= BinaryPrimitives.ReadUInt16BigEndian(reply[(DataAt + 10)..]) || at + length > reply.Length)
        {
            return false;
        }

        record = reply.Slice(at, length);
        return true;
    }

    private static bool IsWhole(ReadOnlyMemory<byte> reply) =>
        reply.Length >= 4 && reply.Length >= BinaryPrimitives.ReadUInt16BigEndian(reply.Span[2..]);

    private static ServiceProbe ReadList(string name, int list) => new(name,
    [
        3, 0, 0, 33, 2, 0xF0, 0x80, 0x32, 7, 0, 0, 0, (byte)(list == ModuleList ? 2 : 3), 0, 8, 0, 8,
        0, 1, 0x12, 4, 0x11, 0x44, 1, 0, 0xFF, 9, 0, 4, (byte)(list >> 8), (byte)list, 0, 0,
    ]);
}
