using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Cli.Scanning.Live;

/// <summary>What people read on stdout: each host as it is finished, and the balance at the end.</summary>
internal sealed class LiveOutput : IScanObserver
{
    /// <summary>Of a host that answers on everything no more open ports than these are listed.</summary>
    private const int MostDoubtful = 25;

    private readonly Utf8Writer _output;
    private readonly ScanOutputOptions _options;
    private readonly LiveStyle _style;
    private readonly HiddenPorts _hidden;
    private readonly TraceText _traces;
    private readonly List<PortResult> _shown = [];
    private readonly Action<PortResult> _take;
    private bool _hidesOpen;

    /// <summary>Writes to stdout.</summary>
    public LiveOutput(Utf8Writer output, ScanOutputOptions options, LiveStyle style)
    {
        (_output, _options, _style) = (output, options, style);
        _hidden = new HiddenPorts(options);
        _traces = new TraceText(output);
        _take = Take;
    }

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
        if (run.ReplayOf is { } source)
        {
            _output.Write("Results of ");
            _output.WriteEscaped(source);
            _output.Write($", {TimeText.Rfc3339(run.StartedAt)}\n\n");
        }
    }

    /// <inheritdoc/>
    public void HostFound(HostResult host)
    {
    }

    /// <inheritdoc/>
    public void PortFound(Target target, in PortResult port)
    {
    }

    /// <inheritdoc/>
    public void HostFinished(HostReport report)
    {
        if (_options.Omits(report))
        {
            return;
        }

        _style.Status.Hide();
        WriteHeading(report);
        if (!_style.HostsOnly && report.Host.Status == HostStatus.Up)
        {
            WritePorts(report);
        }

        _traces.Write(report);
        if ((!_style.HostsOnly && report.Host.Status == HostStatus.Up) || report.Trace is not null)
        {
            _output.WriteLine();
        }

        if (_style.IsTerminal)
        {
            _output.Flush();
        }
    }

    /// <inheritdoc/>
    public void Progress(ScanProgress progress) => _output.Flush();

    /// <inheritdoc/>
    public void Warning(string message)
    {
    }

    /// <inheritdoc/>
    public void Ended(ScanEnd balance)
    {
        _style.Status.Hide();
        if (!_style.WithBalance)
        {
            _output.Flush();
            return;
        }

        foreach (var line in ScanWording.Balance(balance, _style.SendsNothing))
        {
            _output.Write(line.Text, line.IsWarning ? AnsiStyle.Yellow : AnsiStyle.Dim, _style.Color);
            _output.WriteLine();
        }

        _output.Flush();
    }

    private void WriteHeading(HostReport report)
    {
        var host = report.Host;
        if (_style.Color)
        {
            _output.Write(AnsiStyles.Start(AnsiStyle.Bold));
        }

        if ((host.Target.Name ?? report.ReverseName) is { Length: > 0 } name)
        {
            _output.WriteEscaped(name);
            _output.Write(" (");
            _output.Write(host.Target.Address);
            _output.Write(')');
        }
        else
        {
            _output.Write(host.Target.Address);
        }

        if (_style.Color)
        {
            _output.Write(AnsiStyles.Reset);
        }

        if (host.Status == HostStatus.Unknown)
        {
            _output.WriteLine();
            return;
        }

        _output.Write(host.Status == HostStatus.Up ? " is up" : " is down");
        if (_options.ShowReasons)
        {
            _output.Write($" ({ScanWording.Reason(host.Reason, host.TimeToLive, null)})");
        }

        if (report.Times is { } times)
        {
            _output.Write($", {ScanWording.Latency(times.Smoothed)}");
        }

        if (host.HardwareAddress is { } hardware)
        {
            _output.Write($", {hardware}");
            if (_options.VendorOf(hardware) is { } vendor)
            {
                _output.Write(" (");
                _output.WriteEscaped(vendor);
                _output.Write(')');
            }
        }

        if (host.Target.Name is not null && report.ReverseName is { Length: > 0 } reverse
            && !string.Equals(reverse, host.Target.Name, StringComparison.OrdinalIgnoreCase))
        {
            _output.Write(", also named ");
            _output.WriteEscaped(reverse);
        }

        _output.WriteLine();
    }

    private void WritePorts(HostReport report)
    {
        if (report.IsTimedOut)
        {
            Note("given up after --host-timeout: its ports are not reported");
            return;
        }

        _hidden.Read(report);
        _hidesOpen = report.AnswersEverything && !_options.AllStates && _hidden.CountOf(PortState.Open) > MostDoubtful;
        _shown.Clear();
        report.ForEachPort(_take);
        if (_shown.Count > 0)
        {
            var columns = PortRows.Columns(_shown, _options);
            TextTable.Write(_output, columns, new PortRows(_shown, _options.Services, columns), _style.Color, _style.Width);
        }

        WriteHidden(report);
        WriteNotes(report);
    }

    private void Take(PortResult port)
    {
        if (_options.AllStates || !(_hidden.IsHidden(port.State) || (_hidesOpen && port.State == PortState.Open)))
        {
            _shown.Add(port);
        }
    }

    private void WriteHidden(HostReport report)
    {
        var isFirst = true;
        foreach (var group in _options.AllStates ? [] : _hidden.Groups)
        {
            WriteHidden(group, ref isFirst);
        }

        if (_hidesOpen)
        {
            foreach (var group in report.Groups)
            {
                if (group.State == PortState.Open)
                {
                    WriteHidden(group, ref isFirst);
                }
            }
        }

        if (!isFirst)
        {
            _output.WriteLine();
        }
    }

    private void WriteHidden(PortGroup group, ref bool isFirst)
    {
        var count = (ulong)group.Ports.Count;
        _output.Write($"{(isFirst ? "Not shown: " : ", ")}{ScanWording.Count(count)} {group.State.Name()} {group.Protocol.Name()} "
            + $"port{(count == 1 ? "" : "s")} ({group.Reason.Name()})");
        isFirst = false;
    }

    private void WriteNotes(HostReport report)
    {
        var forged = 0UL;
        foreach (var group in report.Groups)
        {
            forged += group.Reason == ReplyReason.SynProxy ? (ulong)group.Ports.Count : 0;
        }

        if (forged > 0)
        {
            Note($"{ScanWording.Count(forged, "answer")} came from a SYN proxy on the path (no options, window 0): they "
                + $"say nothing about the host");
        }

        if (report.AnswersEverything)
        {
            Note(_hidesOpen
                ? "it also answers on random ports, so its open ports prove little; --all-states shows them"
                : "it also answers on random ports, so its open ports prove little");
        }

        if (report.StoppedAfter is { } probes)
        {
            Note($"it stopped answering after about {ScanWording.Count((ulong)probes, "probe")}; it may block this scanner");
        }

        if (report.IsPartial)
        {
            Note("not all of its ports were scanned; a missing port is not necessarily closed");
        }
        else if (report.Groups.Count == 0)
        {
            Note("no port was scanned");
        }
    }

    private void Note(string text)
    {
        _output.Write($"Note: {text}", AnsiStyle.Yellow, _style.Color);
        _output.WriteLine();
    }
}

/// <summary>How the live output looks.</summary>
internal sealed record LiveStyle
{
    /// <summary>The line that is hidden before anything is written.</summary>
    public required StatusLine Status { get; init; }

    /// <summary>stdout is a terminal: each host is shown at once.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>stdout gets colour.</summary>
    public bool Color { get; init; }

    /// <summary>The terminal's width; <c>null</c> to cut nothing.</summary>
    public int? Width { get; init; }

    /// <summary>No ports were looked at (<c>-sn</c>, <c>-sL</c>).</summary>
    public bool HostsOnly { get; init; }

    /// <summary>Nothing was sent (<c>-sL</c>).</summary>
    public bool SendsNothing { get; init; }

    /// <summary>The balance is written at the end; that of a replay is not known.</summary>
    public bool WithBalance { get; init; } = true;
}
