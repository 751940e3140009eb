using System.Text.Json;
using Portolan.Scan.Results;

namespace Portolan.Lab.Scoring;

/// <summary>Reads <c>portolan.scan/1</c>, JSON Lines.</summary>
internal sealed class OwnResult(ResultLines lines, IResultSink sink)
{
    private readonly HostTable _hosts = new();
    private readonly HashSet<InternetAddress> _told = [];
    private long? _total;
    private bool _isComplete;
    private bool _isStarted;

    /// <summary>Reads a file.</summary>
    public void Read()
    {
        while (lines.Next() is { } line)
        {
            if (line.Length > 0)
            {
                ReadLine(line);
            }
        }

        Start(default);
        foreach (var address in _hosts.Addresses())
        {
            // Found, and not finished: the scan was cut off.
            sink.Host(new ScannedHost(address, _hosts.Take(address)) { IsPartial = true });
        }

        if (!_isComplete)
        {
            sink.Note("the scan did not finish: ports and hosts that are not named are left out");
        }

        sink.End(_isComplete ? _total : null, _isComplete);
    }

    private void ReadLine(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            switch (JsonFields.Text(root, "event"))
            {
                case "start":
                    Start(root);
                    break;
                case "port":
                    ReadPort(root);
                    break;
                case "host":
                    ReadHost(root);
                    break;
                case "end":
                    _isComplete = root.TryGetProperty("complete", out var complete) && complete.ValueKind == JsonValueKind.True;
                    _total = JsonFields.Count(root, "hostsTotal");
                    break;
                case "progress":
                    break;
                default:
                    lines.Fault("not a line of portolan.scan/1");
                    break;
            }
        }
        catch (JsonException)
        {
            lines.Fault("not JSON");
        }
    }

    private void Start(JsonElement start)
    {
        if (_isStarted)
        {
            return;
        }

        _isStarted = true;
        var parts = new List<ScanPart>();
        foreach (var part in JsonFields.Items(start, "scans"))
        {
            if (JsonFields.Text(part, "type") is { } type
                && TransportProtocolNames.TryParse(JsonFields.Text(part, "protocol"), out var protocol)
                && PortSet.TryParse(JsonFields.Text(part, "ports"), out var ports, out _))
            {
                parts.Add(new ScanPart(type, protocol, ports));
            }
        }

        string[] words = [.. JsonFields.Items(start, "args").Where(static word => word.ValueKind == JsonValueKind.String).Select(
            static word => word.GetRawText().Trim('"'))];
        sink.Start(new ResultHead(parts, words) { IsConnect = JsonFields.Text(start, "mode") == "connect" });
    }

    private void ReadPort(JsonElement port)
    {
        if (JsonFields.TryAddress(port, "address", out var address) && JsonFields.TryPort(port, out var protocol, out var number)
            && PortStateNames.TryParse(JsonFields.Text(port, "state"), out var state))
        {
            _ = ReplyReasonNames.TryParse(JsonFields.Text(port, "reason") ?? "unknown-response", out var reason);
            _hosts.Add(address, protocol, number, state, reason);
        }
        else
        {
            lines.Fault("a port without address, number or state");
        }
    }

    private void ReadHost(JsonElement host)
    {
        if (!JsonFields.TryAddress(host, "address", out var address))
        {
            lines.Fault("a host without an address");
            return;
        }

        if (!_told.Add(address))
        {
            lines.Fault("the host was told before");
            return;
        }

        Start(default);
        var groups = _hosts.Take(address);
        var isUp = JsonFields.Text(host, "status") == "up";
        var isGivenUp = host.TryGetProperty("timedOut", out var timedOut) && timedOut.ValueKind == JsonValueKind.True;
        var isPartial = !isGivenUp && host.TryGetProperty("complete", out var complete) && complete.ValueKind == JsonValueKind.False;
        sink.Host(new ScannedHost(address, groups)
        {
            IsPartial = isPartial,
            IsGivenUp = isGivenUp,
            Others = isUp ? OthersOf(host, groups) : null,
        });
    }

    // A host's line counts ports by state, and by default only those that are or may be open have lines: the rest have the other states.
    private static List<(TransportProtocol Protocol, PortState State)>? OthersOf(JsonElement host, List<PortGroup> groups)
    {
        var others = new List<(TransportProtocol, PortState)>();
        foreach (var count in JsonFields.Items(host, "counts"))
        {
            if (TransportProtocolNames.TryParse(JsonFields.Text(count, "protocol"), out var protocol)
                && PortStateNames.TryParse(JsonFields.Text(count, "state"), out var state)
                && !groups.Exists(group => group.Protocol == protocol && group.State == state))
            {
                others.Add((protocol, state));
            }
        }

        return others.Count == 0 ? null : others;
    }
}
