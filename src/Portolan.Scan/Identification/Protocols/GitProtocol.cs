using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The Git daemon: git-upload-pack of a repository that cannot exist (gitprotocol-pack(5), "Git Transport"). The answer is one pkt-line
/// with ERR.
/// </summary>
internal sealed class GitProtocol() : ServiceProtocol("git", 9418)
{
    private static readonly ServiceProbe Ask = new("Git upload-pack", static target =>
    {
        var line = $"git-upload-pack /portolan-asks\0host={target.Host}\0";
        return Encoding.ASCII.GetBytes($"{line.Length + 4:x4}{line}");
    });

    /// <inheritdoc/>
    public override ServiceProbe Opening => Ask;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Ask))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 8)
        {
            return bytes.Length > 0 && char.IsAsciiHexDigit((char)bytes[0]) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (!System.Buffers.Text.Utf8Parser.TryParse(bytes[..4], out int length, out var used, 'x') || used != 4 || length < 8
            || !bytes[4..].StartsWith("ERR "u8))
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < length
            ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Certain(new IdentifiedService(Name) { Product = "git-daemon", Info = ReplyText.Of(bytes[8..length]) });
    }
}
