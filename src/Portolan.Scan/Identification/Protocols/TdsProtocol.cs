using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Microsoft SQL Server: TDS PRELOGIN, whose reply holds the server's version (MS-TDS sections 2.2.1.1 and 2.2.6.5). From the specification
/// only. No login is attempted.
/// </summary>
internal sealed class TdsProtocol() : ServiceProtocol("ms-sql-s", 1433, 1434, 2433)
{
    private const int HeaderLength = 8;

    // Type 18, last packet, length 47; options with offset and length: VERSION, ENCRYPTION, INSTOPT, THREADID, MARS; terminator; then their
    // data.
    private static readonly ServiceProbe Prelogin = new("TDS PRELOGIN",
    [
        0x12, 1, 0, 47, 0, 0, 0, 0, 0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 4, 4, 0, 38, 0, 1, 0xFF,
        0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
    ]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Prelogin;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Prelogin) || !ReplyText.MayBegin(bytes, [4, 1]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (length is < HeaderLength + 12 or > 1024)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // VERSION is the first option, of six bytes, within the message.
        var message = bytes[HeaderLength..length];
        var offset = BinaryPrimitives.ReadUInt16BigEndian(message[1..]);
        if (message[0] != 0 || message[3] != 0 || message[4] != 6 || offset < 6 || offset + 6 > message.Length)
        {
            return ReplyReading.Foreign;
        }

        var (major, minor) = (message[offset], message[offset + 1]);
        var version = FormattableString.Invariant($"{major}.{minor}.{BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..])}");
        var year = (major, minor) switch
        {
            (9, _) => "2005",
            (10, 50) => "2008 R2",
            (10, _) => "2008",
            (11, _) => "2012",
            (12, _) => "2014",
            (13, _) => "2016",
            (14, _) => "2017",
            (15, _) => "2019",
            (16, _) => "2022",
            _ => null,
        };
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = year is null ? "Microsoft SQL Server" : $"Microsoft SQL Server {year}",
            Version = version,
            Cpes = major is >= 9 and <= 15 && minor != 50 ? Cpe.Of("microsoft:sql_server", year)
                : Cpe.Of("microsoft:sql_server", null),
            Confidence = 8,
        });
    }
}
