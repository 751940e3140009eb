using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Formats;

/// <summary>JSON Lines (<c>--json</c>): <c>portolan.scan/1</c>, described in <c>docs/schema/portolan.scan-1.json</c>.</summary>
/// <remarks>
/// An open port is a line at once, every other port that is shown when its host is finished; the <c>host</c> line comes after them.
/// Each line is flushed, so nothing but memory for one line is held.
/// </remarks>
public sealed class JsonLinesWriter : IScanObserver, IDisposable
{
    /// <summary>More would make the last line long; the first say what is wrong.</summary>
    private const int MostWarnings = 100;

    private readonly Utf8Writer _output;
    private readonly Utf8JsonWriter _json;
    private readonly ScanOutputOptions _options;
    private readonly List<string> _warnings = [];
    private readonly Action<PortResult> _writeSettledPort;
    private Target _target;
    private string? _reverseName;
    private bool _isReplay;
    private bool _isOpen;

    /// <summary>Writes to a stream that stays the caller's.</summary>
    public JsonLinesWriter(Stream output, ScanOutputOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _output = new Utf8Writer(output);
        _json = new Utf8JsonWriter(_output, new JsonWriterOptions { Encoder = options.JsonEncoder });
        _options = options;
        _writeSettledPort = WriteSettledPort;
    }

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
        ArgumentNullException.ThrowIfNull(run);
        _isOpen = true;
        _isReplay = run.ReplayOf is not null;
        _json.WriteStartObject();
        _json.WriteString("schema"u8, "portolan.scan/1"u8);
        _json.WriteString("event"u8, "start"u8);
        _json.WriteString("startedAt"u8, run.StartedAt.UtcDateTime);
        _json.WriteString("version"u8, _options.Version);
        WriteTexts("args"u8, _options.Arguments);
        _json.WriteString("mode"u8, run.Mode == ScanMode.Raw ? "raw"u8 : "connect"u8);
        _json.WriteString("why"u8, run.Why);

        // As text: a JSON number is a double to many readers, and a seed that is one off is another seed.
        _json.WriteString("seed"u8, _isReplay ? null : run.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
        WriteCount("hosts"u8, run.Hosts);
        WriteCount("probesPlanned"u8, run.ProbesPlanned);
        _json.WriteStartArray("scans"u8);
        foreach (var part in run.Parts)
        {
            _json.WriteStartObject();
            _json.WriteString("type"u8, part.Type);
            _json.WriteString("protocol"u8, part.Protocol.Name());
            _json.WriteString("ports"u8, part.Ports.ToString());
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        WriteTexts("notes"u8, [.. run.Notes, .. run.Details]);
        _json.WriteString("replayOf"u8, run.ReplayOf);
        if (run is { Job: { } job, Vantage: { } vantage })
        {
            _json.WriteNumber("job"u8, job);
            _json.WriteString("vantage"u8, vantage);
        }

        EndLine();
        _output.Flush();
    }

    /// <inheritdoc/>
    public void HostFound(HostResult host)
    {
    }

    /// <inheritdoc/>
    public void PortFound(Target target, in PortResult port)
    {
        if (port.State == PortState.Open)
        {
            WritePort(target, reverseName: null, port);
            _output.Flush();
        }
    }

    /// <inheritdoc/>
    public void HostFinished(HostReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (_options.Omits(report))
        {
            return;
        }

        (_target, _reverseName) = (report.Host.Target, report.ReverseName);
        if (HasSettledPorts(report))
        {
            report.ForEachPort(_writeSettledPort);
        }

        WriteHost(report);
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Progress(ScanProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        _json.WriteStartObject();
        _json.WriteString("event"u8, "progress"u8);
        _json.WriteString("stage"u8, progress.Stage);
        WriteReal("done"u8, progress.Done);
        WriteReal("remainingSeconds"u8, progress.Remaining?.TotalSeconds);
        _json.WriteNumber("probesSent"u8, progress.ProbesSent);
        _json.WriteNumber("replies"u8, progress.Replies);
        WriteReal("probesPerSecond"u8, progress.ProbesPerSecond);
        _json.WriteNumber("openPorts"u8, progress.OpenPorts);
        _json.WriteNumber("pass"u8, progress.Pass);
        EndLine();
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Warning(string message)
    {
        if (_warnings.Count < MostWarnings)
        {
            _warnings.Add(message);
        }
    }

    /// <inheritdoc/>
    public void Ended(ScanEnd balance)
    {
        ArgumentNullException.ThrowIfNull(balance);
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        _json.WriteStartObject();
        _json.WriteString("event"u8, "end"u8);
        _json.WriteString("endedAt"u8, balance.EndedAt.UtcDateTime);
        WriteReal("elapsedSeconds"u8, balance.Elapsed.TotalSeconds);
        _json.WriteNumber("hostsUp"u8, balance.HostsUp);
        _json.WriteNumber("hostsDown"u8, balance.HostsDown);
        _json.WriteNumber("hostsTotal"u8, balance.HostsTotal);
        WriteCount("probesPlanned"u8, balance.ProbesPlanned);
        WriteCount("probesSent"u8, (ulong)balance.ProbesSent);
        WriteCount("retries"u8, (ulong)balance.Retries);
        WriteCount("notSent"u8, (ulong)balance.NotSent);
        WriteCount("replies"u8, (ulong)balance.Replies);
        WriteBeside(balance.Beside);
        WriteReal("probeLoss"u8, balance.ProbeLoss);
        WriteReal("estimatedMissRate"u8, balance.EstimatedMissRate);
        WriteReal("missRateBound"u8, balance.Losses?.Whole?.Bound ?? balance.MissRateBound);
        WriteLosses(balance.Losses);
        _json.WriteBoolean("complete"u8, balance.IsComplete);
        _json.WriteString("incomplete"u8, balance.Incomplete);
        WriteTexts("warnings"u8, _warnings);
        EndLine();
        _output.Flush();
    }

    /// <summary>Gives back the buffers; the stream stays open.</summary>
    public void Dispose() => _json.Dispose();

    private void WriteBeside(Engine.BesideCounts counts)
    {
        if (_isReplay)
        {
            _json.WriteNull("beside"u8);
            return;
        }

        _json.WriteStartObject("beside"u8);
        _json.WriteNumber("sent"u8, counts.Sent);
        _json.WriteNumber("retries"u8, counts.Retries);
        _json.WriteNumber("replies"u8, counts.Replies);
        _json.WriteEndObject();
    }

    private void WriteLosses(ScanLosses? losses)
    {
        if (losses is null)
        {
            _json.WriteNull("losses"u8);
            return;
        }

        _json.WriteStartObject("losses"u8);
        WriteMisses("ports"u8, losses.Ports);
        WriteMisses("hosts"u8, losses.Hosts);
        _json.WriteStartObject("path"u8);
        _json.WriteNumber("trials"u8, losses.Path.Trials);
        WriteReal("loss"u8, losses.Path.Loss);
        WriteReal("lossBound"u8, losses.Path.Bound);
        _json.WriteEndObject();
        _json.WriteStartObject("hostLimits"u8);
        _json.WriteNumber("hosts"u8, losses.Limits.Hosts);
        _json.WriteNumber("unsettledPorts"u8, losses.Limits.UnsettledPorts);
        _json.WriteEndObject();
        _json.WriteNumber("stoppedHosts"u8, losses.StoppedHosts);
        _json.WriteStartObject("thisMachine"u8);
        _json.WriteNumber("notSent"u8, losses.Local.NotSent);
        _json.WriteNumber("dropped"u8, losses.Local.Dropped);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void WriteMisses(ReadOnlySpan<byte> name, MissFigure? misses)
    {
        if (misses is null)
        {
            _json.WriteNull(name);
            return;
        }

        _json.WriteStartObject(name);
        _json.WriteNumber("found"u8, misses.Found);
        _json.WriteNumber("silent"u8, misses.Silent);
        _json.WriteNumber("unfinished"u8, misses.Unfinished);
        WriteReal("missRate"u8, misses.Rate);
        WriteReal("missRateBound"u8, misses.Bound);
        _json.WriteString("unknown"u8, misses.Unknown);
        _json.WriteEndObject();
    }

    private bool HasSettledPorts(HostReport report)
    {
        foreach (var group in report.Groups)
        {
            if (IsShown(group.State) && group.State != PortState.Open)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsShown(PortState state) => _options.OpenOnly
        ? ScanOutputOptions.IsPossiblyOpen(state)
        : _options.AllStates || ScanOutputOptions.IsPossiblyOpen(state) || state == PortState.ClosedFiltered;

    // Open ports were told when they were found.
    private void WriteSettledPort(PortResult port)
    {
        if (port.State != PortState.Open && IsShown(port.State))
        {
            WritePort(_target, _reverseName, port);
        }
    }

    private void WritePort(in Target target, string? reverseName, in PortResult port)
    {
        _json.WriteStartObject();
        _json.WriteString("event"u8, "port"u8);
        WriteAddress("address"u8, target.Address);
        _json.WriteString("hostname"u8, target.Name ?? reverseName);
        _json.WriteString("protocol"u8, port.Port.Protocol.Name());
        _json.WriteNumber("port"u8, port.Port.Port.Value);
        _json.WriteString("state"u8, port.State.Name());
        _json.WriteString("reason"u8, port.Reason.Name());
        WriteTimeToLive(port.TimeToLive);
        _json.WriteString("evidence"u8, port.Evidence.Name());
        var service = _options.Services.PrimaryName(port.Port.Port, port.Port.Protocol);
        if (service.IsEmpty)
        {
            _json.WriteNull("service"u8);
        }
        else
        {
            _json.WriteString("service"u8, service);
        }

        if (port.ReasonAddress is { } address)
        {
            WriteAddress("reasonAddress"u8, address);
        }
        else
        {
            _json.WriteNull("reasonAddress"u8);
        }

        _json.WriteString("banner"u8, BannerText.Of(port.Banner.Span));
        _json.WriteString("bannerState"u8, port.BannerState.Name());
        IdentifiedJson.Write(_json, port.Service);
        if (SilentServices.MayBe(port) is { } silent)
        {
            _json.WriteString("mayBe"u8, silent);
        }

        FactJson.Write(_json, port.Facts);
        EndLine();
    }

    private void WriteHost(HostReport report)
    {
        var host = report.Host;
        _json.WriteStartObject();
        _json.WriteString("event"u8, "host"u8);
        WriteAddress("address"u8, host.Target.Address);
        _json.WriteString("hostname"u8, host.Target.Name);
        _json.WriteString("reverseName"u8, report.ReverseName);
        _json.WriteString("status"u8, host.Status.Name());
        _json.WriteString("reason"u8, host.Reason.Name());
        WriteTimeToLive(host.TimeToLive);
        _json.WriteString("hardwareAddress"u8, host.HardwareAddress?.ToString());
        _json.WriteString("hardwareVendor"u8, host.HardwareAddress is { } hardware ? _options.VendorOf(hardware) : null);
        _json.WriteString("startedAt"u8, report.StartedAt.UtcDateTime);
        _json.WriteString("endedAt"u8, report.EndedAt.UtcDateTime);
        WriteReal("roundTripSeconds"u8, report.Times?.Smoothed.TotalSeconds);
        _json.WriteBoolean("timedOut"u8, report.IsTimedOut);
        _json.WriteBoolean("answersEverything"u8, report.AnswersEverything);
        if (report.StoppedAfter is { } probes)
        {
            _json.WriteNumber("stoppedAfterProbes"u8, probes);
        }
        else
        {
            _json.WriteNull("stoppedAfterProbes"u8);
        }

        _json.WriteBoolean("complete"u8, !report.IsPartial && !report.IsTimedOut);
        _json.WriteStartArray("counts"u8);
        foreach (var group in report.Groups)
        {
            _json.WriteStartObject();
            _json.WriteString("protocol"u8, group.Protocol.Name());
            _json.WriteString("state"u8, group.State.Name());
            _json.WriteString("reason"u8, group.Reason.Name());
            _json.WriteNumber("count"u8, group.Ports.Count);
            if (_options.NamesCountedPorts)
            {
                _json.WriteString("ports"u8, group.Ports.ToString());
            }

            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        TraceJson.Write(_json, report.Trace);
        EndLine();
    }

    private void WriteAddress(ReadOnlySpan<byte> name, InternetAddress address)
    {
        Span<byte> text = stackalloc byte[InternetAddress.MaxTextLength];
        _ = address.TryFormat(text, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        _json.WriteString(name, text[..length]);
    }

    private void WriteTimeToLive(byte value)
    {
        if (value == 0)
        {
            _json.WriteNull("ttl"u8);
        }
        else
        {
            _json.WriteNumber("ttl"u8, value);
        }
    }

    private void WriteCount(ReadOnlySpan<byte> name, ulong value)
    {
        if (_isReplay)
        {
            _json.WriteNull(name);
        }
        else
        {
            _json.WriteNumber(name, value);
        }
    }

    // Nine digits are more than any of these facts has. A decimal is written without an exponent; infinity and the like are no JSON.
    private void WriteReal(ReadOnlySpan<byte> name, double? value)
    {
        if (value is > -1e15 and < 1e15)
        {
            _json.WriteNumber(name, Math.Round((decimal)value.Value, 9));
        }
        else
        {
            _json.WriteNull(name);
        }
    }

    private void WriteTexts(ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        _json.WriteStartArray(name);
        foreach (var text in texts)
        {
            _json.WriteStringValue(text);
        }

        _json.WriteEndArray();
    }

    private void EndLine()
    {
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _output.WriteLine();
    }
}
