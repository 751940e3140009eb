using System.Globalization;
using System.Text.Json;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Formats.Reading;
using Portolan.Scan.Formats.Replay;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>
/// Replays <c>portolan.scan/1</c> while it is written, from a pipe: what another program scans looks here as if it were scanned here. One
/// stream may hold several scans, one after the other. It relies on <see cref="ScanOutputOptions.NamesCountedPorts"/> of the writer;
/// files of anybody are read by <see cref="ResultReader"/>.
/// </summary>
/// <param name="lines">The stream.</param>
/// <param name="observersOf">Who hears a scan; called when it begins.</param>
public sealed class ScanLinesReader(TextReader lines, Func<ScanStart, IReadOnlyList<IScanObserver>> observersOf)
{
    private readonly ReplayedHost _host = new();
    private readonly Dictionary<InternetAddress, List<PortResult>> _ports = [];
    private readonly List<ScanEnd> _ends = [];
    private IReadOnlyList<IScanObserver> _observers = [];
    private ScanStart? _start;
    private ScanProgress? _progress;
    private long _hostsUp;

    /// <summary>The ends of the scans, as observers heard them.</summary>
    public IReadOnlyList<ScanEnd> Ends => _ends;

    /// <summary>Reads to the end of the stream.</summary>
    /// <returns>Whether every scan that began has ended, and one did.</returns>
    /// <exception cref="FormatException">A line is not of such a scan.</exception>
    public bool Read()
    {
        while (lines.ReadLine() is { } line)
        {
            try
            {
                using var document = JsonDocument.Parse(line);
                ReadLine(document.RootElement);
            }
            catch (JsonException exception)
            {
                throw new FormatException("a line is not JSON", exception);
            }
        }

        return _start is null && _ends.Count > 0;
    }

    private void ReadLine(JsonElement line)
    {
        switch (JsonFields.Text(line, "event"))
        {
            case "start":
                Start(line);
                break;
            case "port":
                AddPort(line);
                break;
            case "host":
                EndHost(line);
                break;
            case "progress":
                Progress(line);
                break;
            case "end":
                End(line);
                break;
            default:
                throw new FormatException("a line is not of portolan.scan/1");
        }
    }

    private void Start(JsonElement line)
    {
        var parts = new List<ScanPart>();
        foreach (var part in JsonFields.Items(line, "scans"))
        {
            parts.Add(new ScanPart(
                JsonFields.Text(part, "type") ?? "", ProtocolOf(part), PortSet.Parse(JsonFields.Text(part, "ports") ?? "")));
        }

        _start = new ScanStart(
            TimeOf(line, "startedAt"), JsonFields.Text(line, "mode") == "raw" ? ScanMode.Raw : ScanMode.Connect,
            JsonFields.Text(line, "why") ?? "", ulong.Parse(JsonFields.Text(line, "seed") ?? "0", CultureInfo.InvariantCulture),
            (ulong)(JsonFields.Count(line, "hosts") ?? 0), (ulong)(JsonFields.Count(line, "probesPlanned") ?? 0), [])
        {
            Parts = parts,
            Job = JsonFields.Count(line, "job"),
            Vantage = JsonFields.Text(line, "vantage"),
        };
        (_progress, _hostsUp) = (null, 0);
        _observers = observersOf(_start);
        foreach (var observer in _observers)
        {
            observer.Started(_start);
        }
    }

    private void AddPort(JsonElement line)
    {
        if (!PortStateNames.TryParse(JsonFields.Text(line, "state"), out var state)
            || !JsonFields.TryPort(line, out var protocol, out var port))
        {
            throw new FormatException("a port without a number or state");
        }

        var address = AddressOf(line);
        var result = new PortResult(
            new ProbePort(protocol, port), state, ReasonOf(line), (byte)(JsonFields.Count(line, "ttl") ?? 0),
            EvidenceOf(JsonFields.Text(line, "evidence")),
            JsonFields.TryAddress(line, "reasonAddress", out var from) ? from : null);
        if (!_ports.TryGetValue(address, out var ports))
        {
            _ports.Add(address, ports = []);
        }

        ports.Add(result);
        foreach (var observer in _observers)
        {
            observer.PortFound(new Targets.Target(address, 0, null), result);
        }
    }

    private void EndHost(JsonElement line)
    {
        _host.Clear(TimeOf(line, "startedAt"));
        _host.Finished = TimeOf(line, "endedAt");
        var address = AddressOf(line);
        _host.Address = address;
        _host.Partial = JsonFields.Flag(line, "complete") == false;
        _host.Result = new HostResult(
            default, JsonFields.Text(line, "status") == "up" ? HostStatus.Up : HostStatus.Down, ReasonOf(line),
            (byte)(JsonFields.Count(line, "ttl") ?? 0),
            JsonFields.Text(line, "hardwareAddress") is { } hardware ? MacAddress.Parse(hardware) : null);
        if (_ports.Remove(address, out var ports))
        {
            ports.ForEach(port => _host.Add(port));
        }

        foreach (var count in JsonFields.Items(line, "counts"))
        {
            if (PortStateNames.TryParse(JsonFields.Text(count, "state"), out var state))
            {
                _host.Add(ProtocolOf(count), state, ReasonOf(count), PortSet.Parse(JsonFields.Text(count, "ports") ?? ""));
            }
        }

        _hostsUp += _host.Result.Status == HostStatus.Up ? 1 : 0;
        foreach (var observer in _observers)
        {
            observer.HostFound(_host.Host);
            observer.HostFinished(_host);
        }
    }

    private void Progress(JsonElement line)
    {
        var progress = new ScanProgress(
            JsonFields.Text(line, "stage") ?? "", JsonFields.Real(line, "done") ?? 0,
            NumberOf(line, "remainingSeconds") is { } left ? TimeSpan.FromSeconds(left) : null,
            JsonFields.Count(line, "probesSent") ?? 0, JsonFields.Count(line, "replies") ?? 0, NumberOf(line, "probesPerSecond") ?? 0,
            JsonFields.Count(line, "openPorts") ?? 0, (int)(JsonFields.Count(line, "pass") ?? 1));
        _progress = progress;
        foreach (var observer in _observers)
        {
            observer.Progress(progress);
        }
    }

    private void End(JsonElement line)
    {
        long Count(string name) => JsonFields.Count(line, name) ?? 0;
        var end = new ScanEnd(
            TimeOf(line, "endedAt"), TimeSpan.FromSeconds(NumberOf(line, "elapsedSeconds") ?? 0), Count("hostsUp"), Count("hostsDown"),
            Count("hostsTotal"), (ulong)Count("probesPlanned"), Count("probesSent"), Count("retries"), Count("notSent"), Count("replies"),
            JsonFields.Real(line, "probeLoss"), JsonFields.Real(line, "estimatedMissRate"), JsonFields.Flag(line, "complete") == true,
            JsonFields.Text(line, "incomplete"));
        EndWith(end);
    }

    /// <summary>Ends a scan whose own end never came, so that every format is closed in order.</summary>
    /// <param name="why">Why, for people.</param>
    /// <param name="at">When.</param>
    public void Break(string why, DateTimeOffset at)
    {
        if (_start is not null)
        {
            EndWith(new ScanEnd(
                at, at - _start.StartedAt, _hostsUp, 0, (long)_start.Hosts, _start.ProbesPlanned, _progress?.ProbesSent ?? 0, 0, 0,
                _progress?.Replies ?? 0, ProbeLoss: null, EstimatedMissRate: null, IsComplete: false, why));
        }
    }

    private void EndWith(ScanEnd end)
    {
        _start = null;
        _ports.Clear();
        _ends.Add(end);
        foreach (var observer in _observers)
        {
            observer.Ended(end);
        }
    }

    private static TransportProtocol ProtocolOf(JsonElement value) =>
        TransportProtocolNames.TryParse(JsonFields.Text(value, "protocol"), out var protocol)
            ? protocol : throw new FormatException("a protocol is missing");

    private static InternetAddress AddressOf(JsonElement value) =>
        JsonFields.TryAddress(value, "address", out var address) ? address : throw new FormatException("an address is missing");

    private static DateTimeOffset TimeOf(JsonElement value, string name) =>
        JsonFields.Time(value, name) ?? throw new FormatException($"the time {name} is missing");

    private static ReplyReason ReasonOf(JsonElement value)
    {
        _ = ReplyReasonNames.TryParse(JsonFields.Text(value, "reason") ?? "unknown-response", out var reason);
        return reason;
    }

    private static Evidence EvidenceOf(string? name) => Array.Find(Enum.GetValues<Evidence>(), value => value.Name() == name);

    private static double? NumberOf(JsonElement value, string name) =>
        value.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number ? field.GetDouble() : null;
}
