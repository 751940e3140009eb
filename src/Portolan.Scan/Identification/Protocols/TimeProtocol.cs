using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Time: seconds since 1900 in four bytes, unasked (eight from a server that writes a long), and the end of the connection (RFC 868).
/// </summary>
internal sealed class TimeProtocol() : ServiceProtocol("time", 37)
{
    // 2020 to 2036, when the count begins anew.
    private const uint Year2020 = 3_786_825_600;

    // How a Bitcoin node begins: a second of October 2032.
    private const uint BitcoinMagic = 0xF9BE_B4D9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) =>
        reply.Asked is null && reply.IsEnded && (reply.Bytes.Length == 4 || reply.Bytes is [_, _, _, _, 0, 0, 0, 0])
            && BinaryPrimitives.ReadUInt32BigEndian(reply.Bytes) is >= Year2020 and not BitcoinMagic and var seconds
            ? ReplyReading.Certain(
                new IdentifiedService(Name)
                {
                    Info =
                    FormattableString.Invariant($"{new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(seconds):u}")
                })
            : ReplyReading.Foreign;
}
