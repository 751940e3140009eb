using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Milter, a mail filter: SMFIC_OPTNEG, answered in kind (Sendmail, "The Sendmail Milter Protocol", Todd Vierling). No message is given to
/// it.
/// </summary>
internal sealed class MilterProtocol() : ServiceProtocol("milter", 8891, 8892, 8893, 11332)
{
    // Length, command 'O', version 6, all actions, all steps may be left out.
    private static readonly byte[] Bytes = [0, 0, 0, 13, (byte)'O', 0, 0, 0, 6, 0, 0, 1, 0xFF, 0, 0x1F, 0xFF, 0xFF];

    private static readonly ServiceProbe Negotiate = new("milter option negotiation", Bytes);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Negotiate;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Macros may follow the steps.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Negotiate) || !ReplyText.MayBegin(bytes, [0, 0]) || (bytes.Length > 4 && bytes[4] != 'O'))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 17)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var version = BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]);
        if (length is < 13 or > 4096 || version is < 2 or > 6 || bytes.StartsWith(Bytes))
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < 4 + length ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Certain(new IdentifiedService(Name) { Info = FormattableString.Invariant($"version {version}") });
    }
}
