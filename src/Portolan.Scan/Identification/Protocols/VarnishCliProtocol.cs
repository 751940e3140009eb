using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Varnish's command line: a status, a length of eight places and so many bytes, unasked: a challenge, or the banner with the version
/// (varnish-cli(7)).
/// </summary>
internal sealed class VarnishCliProtocol() : ServiceProtocol("varnish-cli", 6082)
{
    private const int HeadLength = 13;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.IsEmpty || !ReplyText.MayBegin(bytes[..Math.Min(4, bytes.Length)], bytes[0] == '1' ? "107 "u8 : "200 "u8))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeadLength)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var digits = bytes[4..12].TrimEnd((byte)' ');
        if (bytes[12] != '\n' || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0
            || !int.TryParse(Encoding.ASCII.GetString(digits), out var length) || length > 4096)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeadLength + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var body = bytes.Slice(HeadLength, length);
        var isBanner = body.IndexOf("Varnish Cache CLI "u8) >= 0;
        return isBanner || body.EndsWith("\n\nAuthentication required.\n"u8)
            ? ReplyReading.Certain(new IdentifiedService(Name)
            {
                Product = "Varnish",
                Version = isBanner ? ReplyText.Behind(body, "\nvarnish-"u8, " "u8) : null,
                Info = isBanner ? "no authentication" : "a secret is wanted",
                Cpes = Cpe.Of("varnish-software:varnish_cache", isBanner ? ReplyText.Behind(body, "\nvarnish-"u8, " "u8) : null),
            })
            : ReplyReading.Foreign;
    }
}
