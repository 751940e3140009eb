using System.Buffers.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Ident: a question about a pair of ports that no connection has; the answer is the pair, and <c>ERROR</c> or <c>USERID</c> (RFC 1413
/// section 4).
/// </summary>
internal sealed class IdentProtocol() : ServiceProtocol("ident", 113)
{
    private static readonly ServiceProbe Question = new("ident 1, 1", "1, 1\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Question;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (reply.Asked is null || line.IsEmpty || line.Length > 1000 || !char.IsAsciiDigit((char)line[0]))
        {
            return ReplyReading.Foreign;
        }

        var rest = line;
        var isPair = TryNumber(ref rest) && TrySign(ref rest, ',') && TryNumber(ref rest) && TrySign(ref rest, ':');
        if (!isPair || (rest.Length > 0 && !ReplyText.MayBegin(rest, "ERROR"u8) && !ReplyText.MayBegin(rest, "USERID"u8)))
        {
            return !ReplyText.HasLine(reply.Bytes) && line.Length < 20 && rest.Length < 2 ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        if (!ReplyText.HasLine(reply.Bytes))
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var colon = rest.IndexOf((byte)':');
        return colon < 0
            ? ReplyReading.Foreign
            : ReplyReading.Certain(new IdentifiedService(Name) { Info = rest[0] == 'E' ? ReplyText.Of(rest[(colon + 1)..]) : null });
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> rest)
    {
        if (!Utf8Parser.TryParse(rest, out ushort _, out var used))
        {
            return false;
        }

        rest = rest[used..].TrimStart((byte)' ');
        return true;
    }

    private static bool TrySign(ref ReadOnlySpan<byte> rest, char sign)
    {
        if (rest.IsEmpty || rest[0] != sign)
        {
            return false;
        }

        rest = rest[1..].TrimStart((byte)' ');
        return true;
    }
}
