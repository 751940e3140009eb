using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>Which methods an RTSP server takes (OPTIONS, RFC 2326 section 10.1). Nothing is described, set up or played.</summary>
internal sealed class RtspMethodsFact() : ServiceFact("rtsp-methods", "which methods OPTIONS names; none is tried", "rtsp")
{
    private static readonly ServiceProbe Options = new("RTSP OPTIONS *", "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\nUser-Agent: Portolan\r\n\r\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Options];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var rest = (await context.AskOnceAsync(Options, static reply => reply.Span.IndexOf("\r\n\r\n"u8) >= 0)).Span;
        while (rest.StartsWith("RTSP/"u8) && ReplyText.TryLine(ref rest, out _))
        {
            while (ReplyText.TryLine(ref rest, out var line))
            {
                if (ReplyText.Begins(line, "Public:"u8) && ReplyText.Of(line["Public:"u8.Length..], 512) is { } methods)
                {
                    return Fact.Of(Id, [FactField.List("methods",
                        methods.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))], methods);
                }
            }
        }

        return null;
    }
}
