using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Formats;

/// <summary>nmap's normal format (<c>-oN</c>): a report for people, host after host.</summary>
public sealed class NormalWriter : IScanObserver
{
    private readonly Utf8Writer _output;
    private readonly ScanOutputOptions _options;
    private readonly HiddenPorts _hidden;
    private readonly NormalPortTable _table;
    private readonly TraceText _traces;
    private bool _hasPorts;
    private bool _isOpen;

    /// <summary>Writes to a stream that stays the caller's.</summary>
    public NormalWriter(Stream output, ScanOutputOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _output = new Utf8Writer(output);
        _options = options;
        _hidden = new HiddenPorts(options);
        _traces = new TraceText(_output);
        _table = new NormalPortTable(_output, _hidden, options.Services, ShowsReasons, options.Identifies);
    }

    private bool ShowsReasons => _options.ShowReasons || ShowsMuch;

    private bool ShowsMuch => _options.Verbosity > 1 || _options.Debugging > 0;

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
        ArgumentNullException.ThrowIfNull(run);
        _isOpen = true;
        _hasPorts = run.Parts.Count > 0;
        FormatText.WriteFirstLine(_output, run, _options);
        _output.Flush();
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
        ArgumentNullException.ThrowIfNull(report);
        if (_options.Omits(report))
        {
            return;
        }

        WriteHead(report);
        if (report.IsTimedOut)
        {
            _output.Write("Skipping host "u8);
            WriteName(report);
            _output.Write(" due to host timeout\n"u8);
        }
        else if (report.Host.Status == HostStatus.Up)
        {
            WriteNotes(report);
            if (report.Groups.Count > 0)
            {
                WritePorts(report);
            }

            WriteHardwareAddress(report);
            _traces.Write(report);
            _output.Write(_hasPorts || report.Trace is not null ? "\n"u8 : default);
        }

        _output.Flush();
    }

    /// <inheritdoc/>
    public void Progress(ScanProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Warning(string message)
    {
        _output.Write("Warning: "u8);
        _output.WriteEscaped(message);
        _output.WriteLine();
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Ended(ScanEnd balance)
    {
        ArgumentNullException.ThrowIfNull(balance);
        if (_isOpen)
        {
            _isOpen = false;
            FormatText.WriteLastLine(_output, balance);
            _output.Flush();
        }
    }

    private void WriteHead(HostReport report)
    {
        var host = report.Host;
        _output.Write("Nmap scan report for "u8);
        WriteName(report);
        if (host.Status == HostStatus.Down)
        {
            _output.Write(" [host down"u8);
            WriteReceived(host);
            _output.Write(']');
        }

        _output.WriteLine();
        if (host.Status != HostStatus.Up)
        {
            return;
        }

        _output.Write("Host is up"u8);
        WriteReceived(host);
        if (report.Times is { } times)
        {
            _output.Write(" ("u8);
            _output.Write(Latency(times.Smoothed.TotalSeconds));
            _output.Write("s latency)"u8);
        }

        _output.Write(".\n"u8);
        if (host.Target.Name is { } name && report.ReverseName is { } reverse && !name.Equals(reverse, StringComparison.OrdinalIgnoreCase))
        {
            _output.Write("rDNS record for "u8);
            _output.Write(host.Target.Address);
            _output.Write(": "u8);
            _output.WriteEscaped(reverse);
            _output.WriteLine();
        }

        if (ShowsMuch && _hasPorts)
        {
            _output.Write("Scanned at "u8);
            _output.Write(report.StartedAt.UtcDateTime, "yyyy-MM-dd HH:mm:ss");
            _output.Write(" UTC for "u8);
            _output.Write((long)(report.EndedAt - report.StartedAt).TotalSeconds);
            _output.Write("s\n"u8);
        }
    }

    private void WriteReceived(in HostResult host)
    {
        if (ShowsReasons)
        {
            _output.Write(", received "u8);
            _output.Write(host.Reason.Name());
            if (host.TimeToLive > 0)
            {
                _output.Write(" ttl "u8);
                _output.WriteNumber(host.TimeToLive);
            }
        }
    }

    private void WriteName(HostReport report)
    {
        var name = report.Host.Target.Name ?? report.ReverseName;
        if (name is not null)
        {
            _output.WriteEscaped(name);
            _output.Write(" ("u8);
        }

        _output.Write(report.Host.Target.Address);
        _output.Write(name is null ? default : ")"u8);
    }

    private void WriteNotes(HostReport report)
    {
        if (report.AnswersEverything)
        {
            _output.Write("Warning: this host "u8);
            _output.Write(FormatText.AnswersEverything);
            _output.WriteLine();
        }

        if (report.StoppedAfter is { } probes)
        {
            _output.Write("Warning: this host "u8);
            _output.Write(FormatText.Stopped(probes));
            _output.WriteLine();
        }

        if (report.IsPartial)
        {
            _output.Write("Warning: "u8);
            _output.Write(FormatText.IsPartial);
            _output.WriteLine();
        }
    }

    private void WritePorts(HostReport report)
    {
        _hidden.Read(report);
        if (_hidden.ShownCount == 0)
        {
            var count = Sum();
            _output.Write("All "u8);
            _output.Write(count);
            _output.Write(count == 1 ? " scanned port on "u8 : " scanned ports on "u8);
            WriteName(report);
            _output.Write(count == 1 ? " is in ignored states.\n"u8 : " are in ignored states.\n"u8);
        }

        if (_hidden.Groups.Count > 0)
        {
            WriteHiddenPorts();
        }

        if (_hidden.ShownCount > 0)
        {
            _output.Write(_hidden.Groups.Count == 0 ? "\n"u8 : default);
            _table.Write(report);
        }
    }

    private int Sum()
    {
        var sum = 0;
        foreach (var state in _hidden.States)
        {
            sum += _hidden.CountOf(state);
        }

        return sum;
    }

    private void WriteHiddenPorts()
    {
        _output.Write("Not shown: "u8);
        for (var i = 0; i < _hidden.Groups.Count; i++)
        {
            var group = _hidden.Groups[i];
            var count = group.Ports.Count;
            _output.Write(i == 0 ? default : ", "u8);
            _output.Write(count);
            _output.Write(' ');
            _output.Write(group.State.Name());
            _output.Write(' ');
            _output.Write(group.Protocol.NameUtf8());
            _output.Write(count == 1 ? " port ("u8 : " ports ("u8);
            _output.Write(group.Reason.Name());
            _output.Write(')');
        }

        _output.WriteLine();
    }

    private void WriteHardwareAddress(HostReport report)
    {
        if (report.Host.HardwareAddress is { } address)
        {
            _output.Write("MAC Address: "u8);
            FormatText.WriteHardwareAddress(_output, address);
            _output.Write(" ("u8);
            _output.WriteEscaped(_options.VendorOf(address) ?? "Unknown");
            _output.Write(")\n"u8);
        }
    }

    // Two significant digits, never an exponent.
    private static string Latency(double seconds)
    {
        var decimals = seconds > 0 ? Math.Clamp(1 - (int)Math.Floor(Math.Log10(seconds)), 0, 9) : 0;
        return seconds.ToString(string.Create(CultureInfo.InvariantCulture, $"F{decimals}"), CultureInfo.InvariantCulture);
    }
}
