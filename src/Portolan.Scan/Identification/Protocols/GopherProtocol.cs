using System.Buffers.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Gopher: an empty line asks for the menu, whose lines are a type, a text, a selector, a host and a port, with tabs between (RFC 1436
/// sections 2 and 3.5).
/// </summary>
internal sealed class GopherProtocol() : ServiceProtocol("gopher", 70)
{
    /// <inheritdoc/>
    public override ServiceProbe Opening => FingerProtocol.EmptyLine;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (reply.Asked is null || line.IsEmpty || line.Length > 512 || !(char.IsAsciiLetterOrDigit((char)line[0]) || line[0] == '+'))
        {
            return ReplyReading.Foreign;
        }

        if (!ReplyText.HasLine(reply.Bytes))
        {
            return line.Contains((byte)'\t') ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        // Text, selector, host, port; Gopher+ has a field more.
        var rest = line[1..];
        for (var field = 0; field < 3; field++)
        {
            var tab = rest.IndexOf((byte)'\t');
            if (tab < 0)
            {
                return ReplyReading.Foreign;
            }

            rest = rest[(tab + 1)..];
        }

        return Utf8Parser.TryParse(rest, out ushort _, out var digits) && (digits == rest.Length || rest[digits] == '\t')
            ? reply.IsEnded || reply.Bytes.EndsWith("\r\n.\r\n"u8) ? ReplyReading.Certain(Describe(reply.Bytes)) : ReplyReading.Incomplete
            : ReplyReading.Foreign;
    }

    // "Gophered by Gophernicus/3.1.1 on Debian/12.15 x86_64" below its menus.
    private IdentifiedService Describe(ReadOnlySpan<byte> menu)
    {
        var service = new IdentifiedService(Name);
        return ReplyText.Behind(menu, "Gophered by Gophernicus/"u8, " \t"u8) is { } version
            ? service with { Product = "Gophernicus", Version = version, OperatingSystem = ReplyText.Behind(menu, " on "u8, "/ \t"u8) }
            : service;
    }
}
