using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Reads <c>portolan.scan/1</c>, JSON Lines.</summary>
internal sealed class OwnResult(ResultLines lines, IResultSink sink, bool readsAllRuns)
{
    private readonly HostCollector _hosts = new(remembers: false);
    private readonly HashSet<InternetAddress> _told = [];
    private long? _total;
    private long? _up;
    private double? _missRateBound;
    private string? _incomplete;
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

        EndRun();
    }

    private void EndRun()
    {
        Start(default);
        foreach (var address in _hosts.Addresses())
        {
            // Found, and not finished: the scan was cut off.
            var (groups, ports) = _hosts.Take(address);
            sink.Host(new ScannedHost(address, groups) { Ports = ports, Status = HostStatus.Up, IsPartial = true });
        }

        if (!_isComplete)
        {
            sink.Note("the scan did not finish: unnamed ports and hosts are left out");
        }

        sink.End(new ResultEnd(_isComplete ? _total : null, _isComplete)
        {
            Incomplete = _isComplete ? null : _incomplete ?? "the scan did not finish",
            MissRateBound = _missRateBound,
            HostsUp = _up,
        });
        _told.Clear();
        (_total, _up, _missRateBound, _incomplete, _isComplete, _isStarted) = (null, null, null, null, false, false);
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
                    if (_isStarted && readsAllRuns)
                    {
                        EndRun();
                    }

                    Start(root);
                    break;
                case "port":
                    ReadPort(root);
                    break;
                case "host":
                    ReadHost(root);
                    break;
                case "end":
                    ReadEnd(root);
                    break;
                case "progress":
                case "disagreement":
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

    private void ReadEnd(JsonElement end)
    {
        _isComplete = JsonFields.Flag(end, "complete") == true;
        (_total, _up) = (JsonFields.Count(end, "hostsTotal"), JsonFields.Count(end, "hostsUp"));
        _missRateBound = JsonFields.Real(end, "missRateBound");
        _incomplete = JsonFields.Text(end, "incomplete");
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
        sink.Start(new ResultHead(parts, words)
        {
            IsConnect = JsonFields.Text(start, "mode") == "connect",
            StartedAt = JsonFields.Time(start, "startedAt"),
        });
    }

    private void ReadPort(JsonElement port)
    {
        if (JsonFields.TryAddress(port, "address", out var address) && JsonFields.TryPort(port, out var protocol, out var number)
            && PortStateNames.TryParse(JsonFields.Text(port, "state"), out var state))
        {
            _hosts.Add(address, OwnPort.Read(port, new ProbePort(protocol, number), state));
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
            lines.Fault("the host was reported before");
            return;
        }

        Start(default);
        var (groups, ports) = _hosts.Take(address);
        var status = JsonFields.Text(host, "status") switch { "up" => HostStatus.Up, "down" => HostStatus.Down, _ => HostStatus.Unknown };
        var isGivenUp = JsonFields.Flag(host, "timedOut") == true;
        var isPartial = !isGivenUp && JsonFields.Flag(host, "complete") == false;
        _ = ReplyReasonNames.TryParse(JsonFields.Text(host, "reason") ?? "unknown-response", out var reason);
        sink.Host(new ScannedHost(address, groups)
        {
            IsPartial = isPartial,
            IsGivenUp = isGivenUp,
            Others = status == HostStatus.Up ? OthersOf(host, groups) : null,
            Ports = ports,
            Status = status,
            Reason = reason,
            Name = JsonFields.Text(host, "hostname"),
            ReverseName = JsonFields.Text(host, "reverseName"),
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
