using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// PPTP: Start-Control-Connection-Request, whose reply names the host and the vendor (RFC 2637 sections 2.1 and 2.2). No call is made.
/// </summary>
internal sealed class PptpProtocol() : ServiceProtocol("pptp", 1723)
{
    private const int Length = 156;

    // Length, message type 1, magic cookie, request 1; version 1.0, both framings, both bearers; no channels, no revision, no names.
    private static readonly ServiceProbe Start = new("PPTP start control connection",
        [0, Length, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3, .. new byte[132]]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Start;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Start) || !ReplyText.MayBegin(bytes, [0, Length, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 2]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < Length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var vendor = ReplyText.Of(Text(bytes.Slice(92, 64)));
        var host = ReplyText.Of(Text(bytes.Slice(28, 64)));
        var firmware = BinaryPrimitives.ReadUInt16BigEndian(bytes[26..]);
        var revision = FormattableString.Invariant($"firmware {firmware}; protocol {bytes[12]}.{bytes[13]}");
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            HostName = host,
            Info = vendor is null ? revision : $"vendor {vendor}; {revision}",
        });
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;
}
