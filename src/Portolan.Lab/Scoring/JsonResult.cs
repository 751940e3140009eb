using System.Text;
using System.Text.Json;
using Portolan.Scan.Results;

namespace Portolan.Lab.Scoring;

/// <summary>Reads masscan's JSON (<c>-oJ</c>, <c>-oD</c>): an object for each result, between them what JSON would not allow.</summary>
internal sealed class JsonResult(ResultLines lines, IResultSink sink)
{
    private const int MostHeld = 1 << 20;
    private readonly HostTable _hosts = new();
    private bool _isComplete;

    /// <summary>Reads a file.</summary>
    public void Read()
    {
        // masscan writes an object a line; a file that was made pretty has objects over several.
        var held = new StringBuilder();
        var nesting = new JsonNesting();
        while (lines.Next() is { } line)
        {
            if (held.Length == 0)
            {
                _isComplete |= line.StartsWith(']') || line.StartsWith("{finished", StringComparison.Ordinal);
                line = line.TrimStart(',', ' ', '[', ']');
                if (line.Length == 0 || line.StartsWith("{finished", StringComparison.Ordinal))
                {
                    continue;
                }
            }

            held.Append(line).Append('\n');
            nesting.Add(line);
            if (!nesting.IsOpen || held.Length > MostHeld)
            {
                Read(held.ToString());
                held.Clear();
                nesting = new JsonNesting();
            }
        }

        if (held.Length > 0)
        {
            lines.Fault("the file ends in the middle of a result");
        }

        MasscanHead.Tell(_hosts, _isComplete, sink);
    }

    private void Read(string text)
    {
        try
        {
            // The end of the list may stand behind its last object.
            var end = text.AsSpan().TrimEnd().TrimEnd(",] ").ToString();
            _isComplete |= text.AsSpan().TrimEnd().EndsWith("]");
            using var document = JsonDocument.Parse(end);
            Read(document.RootElement);
        }
        catch (JsonException)
        {
            lines.Fault("not JSON");
        }
    }

    private void Read(JsonElement result)
    {
        if (result.ValueKind != JsonValueKind.Object || !JsonFields.TryAddress(result, "ip", out var address)
            || !result.TryGetProperty("ports", out var ports) || ports.ValueKind != JsonValueKind.Array)
        {
            lines.Fault("not a result of masscan: it has ip and ports");
            return;
        }

        foreach (var port in ports.EnumerateArray())
        {
            if (!JsonFields.TryPort(port, out var protocol, out var number))
            {
                lines.Fault("a port without a number or a protocol");
            }
            else if (JsonFields.Text(port, "status") is { } status)
            {
                _ = ReplyReasonNames.TryParse(JsonFields.Text(port, "reason") ?? "unknown-response", out var reason);
                _hosts.Add(address, protocol, number, PortStateNames.TryParse(status, out var state) ? state : PortState.Unknown, reason);
            }
        }
    }
}
