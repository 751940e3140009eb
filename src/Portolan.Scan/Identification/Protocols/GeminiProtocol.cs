using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Gemini, inside TLS: a URL on a line, answered with a status of two digits and one line (Gemini protocol specification 0.24, "Requests",
/// "Responses").
/// </summary>
internal sealed class GeminiProtocol() : ServiceProtocol("gemini")
{
    private static readonly ServiceProbe Request = new("Gemini request of /", static target =>
        Encoding.ASCII.GetBytes($"gemini://{target.Host}/\r\n"));

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [1965];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Request;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!ReferenceEquals(reply.Asked, Request) || line.IsEmpty || line[0] is < (byte)'1' or > (byte)'6')
        {
            return ReplyReading.Foreign;
        }

        if (line.Length < 3)
        {
            return ReplyText.HasLine(reply.Bytes) ? ReplyReading.Foreign : ReplyReading.UnlessEnded(reply);
        }

        // Status codes end with 0 to 5, or 9 (bad request); the line has at most 1024 bytes behind them.
        if (line[1] is not (>= (byte)'0' and <= (byte)'5' or (byte)'9') || line[2] != ' ' || line.Length > 1027)
        {
            return ReplyReading.Foreign;
        }

        return ReplyText.HasLine(reply.Bytes)
            ? ReplyReading.Certain(new IdentifiedService(Name) { Info = $"status {ReplyText.Of(line)}" })
            : ReplyReading.UnlessEnded(reply);
    }
}
