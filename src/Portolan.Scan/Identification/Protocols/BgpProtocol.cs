using System.Buffers.Binary;
using System.Globalization;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// BGP: an OPEN or a NOTIFICATION unasked (RFC 4271 section 4). Speakers close the connections of strangers, most without a word.
/// </summary>
internal sealed class BgpProtocol() : ServiceProtocol("bgp", 179)
{
    private static ReadOnlySpan<byte> Marker => [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.IsEmpty || !Marker.StartsWith(bytes[..Math.Min(16, bytes.Length)]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 19)
        {
            return bytes.Length < 3 ? ReplyReading.Foreign : ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]);
        if (length is < 19 or > 4096 || bytes[18] is 0 or > 5)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Info = bytes[18] == 1 && length >= 29
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"version {bytes[19]}; AS {BinaryPrimitives.ReadUInt16BigEndian(bytes[20..])}; router "
                    + $"{bytes[24]}.{bytes[25]}.{bytes[26]}.{bytes[27]}")
                : bytes[18] == 3 && length >= 21 ? FormattableString.Invariant($"notification {bytes[19]}/{bytes[20]}") : null,
        });
    }
}
