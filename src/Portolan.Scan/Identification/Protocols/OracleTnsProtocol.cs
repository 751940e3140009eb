using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Oracle's listener: a connect packet with the command <c>version</c>, as <c>lsnrctl version</c> sends it; listeners that refuse it name
/// their version in VSNNUM (Oracle Database Net Services Reference, "version"; packets as in the Wireshark manual's TNS fields). From the
/// specification only.
/// </summary>
internal sealed class OracleTnsProtocol() : ServiceProtocol("oracle-tns", 1521, 1522, 1525, 1526, 2483)
{
    private const int HeaderLength = 8;
    private const int DataOffset = 58;

    private static readonly byte[] Command = [.. "(CONNECT_DATA=(COMMAND=version))"u8];

    // Type 1; version 314, lowest 300, no service options, session and transport sizes, byte order 1, length and offset of the data.
    private static readonly ServiceProbe Connect = new("Oracle TNS version",
    [
        0, (byte)(DataOffset + Command.Length), 0, 0, 1, 0, 0, 0, 1, 0x3A, 1, 0x2C, 0, 0, 8, 0, 0x7F, 0xFF, 0x7F, 8, 0, 0, 0, 1,
        0, (byte)Command.Length, 0, DataOffset, .. new byte[DataOffset - 28], .. Command,
    ]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Connect;

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [2484];

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Length, checksum 0, type: accept 2, refuse 4, redirect 5, resend 11; a reserved byte, a checksum of 0.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Connect) || bytes.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return bytes.Length < 5 && bytes[0] < 16 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes[2] != 0 || bytes[3] != 0 || bytes[6] != 0 || bytes[7] != 0 || length is < HeaderLength or > 4096)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < length)
        {
            return bytes[4] is 2 or 4 or 5 or 11 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        return bytes[4] switch
        {
            11 when length == HeaderLength && bytes.Length == length =>
                ReplyReading.Certain(new IdentifiedService(Name) { Confidence = 8 }),
            2 when length is >= 24 and <= 64 && bytes[8] == 1 => ReplyReading.Certain(Describe(bytes)),
            4 or 5 when bytes[..length].IndexOf("(DESCRIPTION="u8) >= 0 => ReplyReading.Certain(Describe(bytes)),
            _ => ReplyReading.Foreign,
        };
    }

    private static string Dotted(params ReadOnlySpan<uint> parts) => string.Join('.', parts.ToArray());

    private IdentifiedService Describe(ReadOnlySpan<byte> bytes)
    {
        // "TNSLSNR for Linux: Version 19.0.0.0.0 - Production", or (VSNNUM=318767104).
        var version = ReplyText.Behind(bytes, ": Version "u8, " "u8);
        if (version is null && ReplyText.Behind(bytes, "(VSNNUM="u8, ")"u8) is { } number
            && Utf8Parser.TryParse(Encoding.ASCII.GetBytes(number), out uint packed, out _) && packed > 0)
        {
            version = (packed >> 24) >= 18
                ? Dotted(packed >> 24, (packed >> 16) & 255, (packed >> 12) & 15, (packed >> 4) & 255, packed & 15)
                : Dotted(packed >> 24, (packed >> 20) & 15, (packed >> 12) & 255, (packed >> 8) & 15, packed & 255);
        }

        var system = ReplyText.Behind(bytes, "TNSLSNR for "u8, ":"u8);
        return new IdentifiedService(Name)
        {
            Product = "Oracle TNS listener",
            Version = version is not null && char.IsAsciiDigit(version[0]) ? version : null,
            OperatingSystem = system,
            Confidence = 8,
        };
    }
}
