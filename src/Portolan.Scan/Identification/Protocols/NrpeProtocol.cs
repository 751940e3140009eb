using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Nagios Remote Plugin Executor: <c>_NRPE_CHECK</c>, which runs nothing and reports the version (NRPE documentation, "NRPE protocol"). It
/// answers to its own monitors' addresses only. Usually inside TLS, where it needs no certificate.
/// </summary>
internal sealed class NrpeProtocol() : ServiceProtocol("nrpe", 5666)
{
    private const int Length = 1036;
    private const int Text = 10;

    private static readonly ServiceProbe Check = new("NRPE _NRPE_CHECK", Packet());

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [5666];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Check;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Version 2, a response.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Check) || !ReplyText.MayBegin(bytes, [0, 2, 0, 2]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < Length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        if (bytes.Length != Length || Checksum(bytes) != BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]))
        {
            return ReplyReading.Foreign;
        }

        var said = bytes[Text..];
        var end = said.IndexOf((byte)0);
        said = end < 0 ? said : said[..end];
        var version = said.StartsWith("NRPE v"u8) ? ReplyText.LeadingVersion(said["NRPE v"u8.Length..]) : null;
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = version is null ? null : "NRPE",
            Version = version,
            Info = version is null ? ReplyText.Of(said) : null,
            Cpes = version is null ? [] : Cpe.Of("nagios:remote_plug_in_executor", version),
        });
    }

    // Version, kind 1 for a query, checksum, result, the command, two bytes of padding.
    private static byte[] Packet()
    {
        var packet = new byte[Length];
        (packet[1], packet[3]) = (2, 1);
        "_NRPE_CHECK"u8.CopyTo(packet.AsSpan(Text));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), Checksum(packet));
        return packet;
    }

    // CRC-32 of the whole packet, the field itself taken as zeros.
    private static uint Checksum(ReadOnlySpan<byte> packet)
    {
        var remainder = uint.MaxValue;
        for (var i = 0; i < packet.Length; i++)
        {
            remainder ^= i is >= 4 and < 8 ? (byte)0 : packet[i];
            for (var bit = 0; bit < 8; bit++)
            {
                remainder = (remainder >> 1) ^ ((remainder & 1) == 0 ? 0 : 0xEDB8_8320);
            }
        }

        return ~remainder;
    }
}
