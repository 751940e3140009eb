using System.Text;
using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Reads masscan's JSON (<c>-oJ</c>, <c>-oD</c>): an object for each result, between them what JSON would not allow.</summary>
/// <param name="lines">The file.</param>
/// <param name="sink">Receives the result.</param>
/// <param name="isLines">It is <c>-oD</c>'s: each line is a result, and there is no list around them.</param>
internal sealed class JsonResult(ResultLines lines, IResultSink sink, bool isLines = false)
{
    private const int MostHeld = 1 << 20;
    private readonly HostCollector _hosts = new();
    private bool _isComplete;
    private DateTimeOffset? _startedAt;

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
            lines.Fault("the file is truncated in a result");
        }

        // -oD has neither a beginning nor an end.
        MasscanHead.Tell(_hosts, _isComplete || isLines, sink, _startedAt);
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
        if (result.ValueKind != JsonValueKind.Object || !JsonFields.TryAddress(result, "ip", out var address))
        {
            lines.Fault("not a result of masscan: it has ip and ports");
            return;
        }

        _startedAt ??= MasscanPorts.TimeOf(JsonFields.Text(result, "timestamp"));
        if (JsonFields.Text(result, "rec_type") is { } kind)
        {
            // A line of -oD is one result.
            ReadPort(address, result, kind == "banner" ? null : result, kind == "banner" ? result : null, "data");
        }
        else if (!result.TryGetProperty("ports", out var ports) || ports.ValueKind != JsonValueKind.Array)
        {
            lines.Fault("not a result of masscan: it has ip and ports");
        }
        else
        {
            foreach (var port in ports.EnumerateArray())
            {
                ReadPort(address, port, port, port, "service");
            }
        }
    }

    private void ReadPort(InternetAddress address, JsonElement port, JsonElement? state, JsonElement? service, string inside)
    {
        if (!JsonFields.TryPort(port, out var protocol, out var number))
        {
            lines.Fault("a port without a number or a protocol");
            return;
        }

        var facts = state is { } fact && fact.ValueKind == JsonValueKind.Object && inside == "data" ? Inside(fact, inside) : state;
        if (facts is { } known && JsonFields.Text(known, "status") is { } status)
        {
            _ = ReplyReasonNames.TryParse(JsonFields.Text(known, "reason") ?? "unknown-response", out var reason);
            _hosts.Add(address, MasscanPorts.Of(
                protocol, number, PortStateNames.TryParse(status, out var word) ? word : PortState.Unknown, reason));
        }
        else if (service is { } said && Inside(said, inside) is { } what && JsonFields.Text(what, "banner") is { } banner)
        {
            _hosts.Add(address, MasscanPorts.Banner(protocol, number, banner));
        }
    }

    private static JsonElement? Inside(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) ? field : null;
}
