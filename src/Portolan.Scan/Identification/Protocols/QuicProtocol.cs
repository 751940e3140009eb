using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// QUIC: a packet of a version that is reserved for this (RFC 9000 section 15). A server answers with the versions that it speaks (RFC 8999
/// section 6) and keeps nothing. Padded to 1200 bytes, below which servers keep silent (RFC 9000 section 14.1).
/// </summary>
internal sealed class QuicProtocol() : ServiceProtocol("quic", 443, 80, 8443, 853)
{
    private const int IdLength = 8;
    private const int HeaderLength = 1 + 4 + 1 + IdLength + 1 + IdLength;

    private static readonly byte[] TheirId = [.. "portolan"u8];
    private static readonly byte[] OurId = [.. "asks-you"u8];
    private static readonly ServiceProbe Unknown = new("QUIC packet of a reserved version",
        [0xC3, 0x1A, 0x2A, 0x3A, 0x4A, IdLength, .. TheirId, IdLength, .. OurId, .. new byte[1200 - HeaderLength]]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Unknown;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Version 0, our identifier, theirs, then whole versions.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Unknown) || bytes.Length < HeaderLength + 4 || bytes[0] < 0x80
            || bytes[1..5].IndexOfAnyExcept((byte)0) >= 0
            || bytes[5] != IdLength || !bytes[6..].StartsWith(OurId) || bytes[14] != IdLength || !bytes[15..].StartsWith(TheirId)
            || (bytes.Length - HeaderLength) % 4 != 0)
        {
            return ReplyReading.Foreign;
        }

        var versions = new List<string>();
        for (var rest = bytes[HeaderLength..]; rest.Length >= 4 && versions.Count < 16; rest = rest[4..])
        {
            var version = BinaryPrimitives.ReadUInt32BigEndian(rest);

            // Versions ?a?a?a?a are noise on purpose (section 15).
            if ((version & 0x0F0F_0F0F) != 0x0A0A_0A0A)
            {
                versions.Add(version switch
                {
                    1 => "1",
                    0x6B33_43CF => "2",
                    >= 0xFF00_0000 and <= 0xFF00_00FF => FormattableString.Invariant($"draft {version & 0xFF}"),
                    _ => FormattableString.Invariant($"0x{version:x8}"),
                });
            }
        }

        return ReplyReading.Certain(
            new IdentifiedService(Name) { Info = versions.Count == 0 ? null : $"versions {string.Join(", ", versions)}" });
    }
}
