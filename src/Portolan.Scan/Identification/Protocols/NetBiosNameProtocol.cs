using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The NetBIOS name service: a node status request for <c>*</c> (RFC 1002 section 4.2.17). The answer lists the host's names and its unit.
/// </summary>
internal sealed class NetBiosNameProtocol() : ServiceProtocol("netbios-ns", 137)
{
    private const ushort Id = 0x506E;
    private const int NameLength = 18;
    private const ushort GroupFlag = 0x8000;

    internal static readonly ServiceProbe Status = new(
        "NetBIOS node status request",
        [Id >> 8, Id & 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 32, .. "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"u8, 0, 0, 0x21, 0, 1]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Status;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // A response, one answer, no question; our name; NBSTAT, IN, TTL, length; the count of names.
        var message = reply.Bytes;
        var at = 12;
        if (message.Length < 12 || BinaryPrimitives.ReadUInt16BigEndian(message) != Id || (message[2] & 0xF8) != 0x80
            || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 0 || BinaryPrimitives.ReadUInt16BigEndian(message[6..]) != 1
            || !DnsNames.TryRead(message, ref at, out _) || at + 11 > message.Length
            || !message[at..].StartsWith((ReadOnlySpan<byte>)[0, 0x21, 0, 1]))
        {
            return ReplyReading.Foreign;
        }

        var names = message[(at + 11)..];
        var count = message[at + 10];
        if (names.Length < count * NameLength)
        {
            return ReplyReading.Foreign;
        }

        string? host = null, group = null, unit = null;
        for (var i = 0; i < count; i++)
        {
            var one = names.Slice(i * NameLength, NameLength);
            var isGroup = (BinaryPrimitives.ReadUInt16BigEndian(one[16..]) & GroupFlag) != 0;
            if (one[15] == 0 && isGroup)
            {
                group ??= ReplyText.Of(one[..15]);
            }
            else if (one[15] is 0 or 0x20 && !isGroup)
            {
                host ??= ReplyText.Of(one[..15]);
            }
        }

        // The adapter's address; Samba writes zeros.
        if (names.Length >= (count * NameLength) + 6 && names.Slice(count * NameLength, 6) is var address
            && address.IndexOfAnyExcept((byte)0) >= 0)
        {
            unit = Convert.ToHexString(address);
        }

        string?[] facts = [
            group is null ? null : $"workgroup {group}",
            unit is null ? null : $"MAC {string.Join(':', unit.Chunk(2).Select(static pair => new string(pair)))}"];
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            HostName = host,
            Info = string.Join("; ", facts.OfType<string>()) is { Length: > 0 } info ? info : null,
        });
    }
}
