using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Mumble, inside TLS: the server's Version message unasked, with release and system (Mumble protocol, "Protocol stack (TCP)" and "Version
/// exchange").
/// </summary>
internal sealed class MumbleProtocol() : ServiceProtocol("mumble")
{
    private const int HeaderLength = 6;

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [64738];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Type 0, length, protocol buffer.
        var bytes = reply.Bytes;
        if (reply.Asked is not null || !ReplyText.MayBegin(bytes, [0, 0, 0, 0]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return bytes.Length < 2 ? ReplyReading.Foreign : ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]);
        if (length is < 8 or > 1024)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // Version as a number 1 (and 5), release 2, system 3, its version 4.
        var rest = bytes.Slice(HeaderLength, (int)length);
        string? release = null, system = null, systemVersion = null;
        long version = 0;
        while (VarInt.TryTake(ref rest, out var key))
        {
            if ((key & 7) == 0 && VarInt.TryTake(ref rest, out var number))
            {
                version = key >> 3 == 1 ? number : version;
            }
            else if ((key & 7) == 2 && VarInt.TryTakeBytes(ref rest, out var text))
            {
                (release, system, systemVersion) = (key >> 3) switch
                {
                    2 => (ReplyText.Of(text), system, systemVersion),
                    3 => (release, ReplyText.Of(text), systemVersion),
                    4 => (release, system, ReplyText.Of(text)),
                    _ => (release, system, systemVersion),
                };
            }
            else
            {
                break;
            }
        }

        if (release is null || version < 0x10000)
        {
            return ReplyReading.Foreign;
        }

        var digits = FormattableString.Invariant($"{version >> 16}.{(version >> 8) & 255}.{version & 255}");
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = "Mumble server",
            Version = digits,
            Info = release.Contains(digits, StringComparison.Ordinal) ? null : $"release {release}",
            OperatingSystem = system is not "X11" ? system : systemVersion is not null
                && systemVersion.StartsWith("Linux", StringComparison.Ordinal) ? "Linux" : null,
            Cpes = Cpe.Of("mumble:mumble", digits),
        });
    }
}
