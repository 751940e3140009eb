using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Formats;

/// <summary>nmap's grepable format (<c>-oG</c>): a line of status and a line of ports per host.</summary>
/// <remarks>
/// A port is <c>number/state/protocol/owner/service/rpc/version/</c>; owner and rpc are empty here, and version without <c>-sV</c>.
/// </remarks>
public sealed class GrepableWriter : IScanObserver
{
    private readonly Utf8Writer _output;
    private readonly ScanOutputOptions _options;
    private readonly HiddenPorts _hidden;
    private readonly Action<PortResult> _writePort;
    private bool _isFirstPort;
    private bool _isOpen;

    /// <summary>Writes to a stream that stays the caller's.</summary>
    public GrepableWriter(Stream output, ScanOutputOptions options)
    {
        _output = new Utf8Writer(output);
        _options = options;
        _hidden = new HiddenPorts(options);
        _writePort = WritePort;
    }

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
        ArgumentNullException.ThrowIfNull(run);
        _isOpen = true;
        FormatText.WriteFirstLine(_output, run, _options);
        if (_options.Verbosity > 0)
        {
            _output.Write("# Ports scanned:"u8);
            WriteScanned(run, TransportProtocol.Tcp, " TCP("u8);
            WriteScanned(run, TransportProtocol.Udp, " UDP("u8);
            WriteScanned(run, TransportProtocol.Sctp, " SCTP("u8);
            _output.Write(" PROTOCOLS(0;)\n"u8);
        }

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

        WriteStatus(report, report.Host.Status switch
        {
            HostStatus.Up => "Up"u8,
            HostStatus.Down => "Down"u8,
            _ => "Unknown"u8,
        });
        if (report.IsTimedOut)
        {
            WriteStatus(report, "Timeout"u8);
        }
        else if (report.Groups.Count > 0)
        {
            WritePorts(report);
        }

        WriteNotes(report);
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Progress(ScanProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Warning(string message)
    {
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

    private void WriteScanned(ScanStart run, TransportProtocol protocol, ReadOnlySpan<byte> start)
    {
        _output.Write(start);
        var ports = new PortSet();
        foreach (var part in run.Parts)
        {
            if (part.Protocol == protocol)
            {
                ports.UnionWith(part.Ports);
            }
        }

        _output.Write(ports.Count);
        _output.Write(';');
        FormatText.WritePorts(_output, ports);
        _output.Write(')');
    }

    private void WriteHost(HostReport report)
    {
        _output.Write("Host: "u8);
        _output.Write(report.Host.Target.Address);
        _output.Write(" ("u8);
        _output.WriteEscaped(report.ReverseName);
        _output.Write(")"u8);
    }

    private void WriteStatus(HostReport report, ReadOnlySpan<byte> status)
    {
        WriteHost(report);
        _output.Write("\tStatus: "u8);
        _output.Write(status);
        _output.WriteLine();
    }

    private void WritePorts(HostReport report)
    {
        _hidden.Read(report);
        WriteHost(report);
        _output.Write("\tPorts: "u8);
        _isFirstPort = true;
        if (_hidden.ShownCount > 0)
        {
            report.ForEachPort(_writePort);
        }

        // As nmap: with several such states none is named.
        if (_hidden.States.Count == 1)
        {
            _output.Write("\tIgnored State: "u8);
            _output.Write(_hidden.States[0].Name());
            _output.Write(" ("u8);
            _output.Write(_hidden.CountOf(_hidden.States[0]));
            _output.Write(')');
        }

        _output.WriteLine();
    }

    private void WritePort(PortResult port)
    {
        if (_hidden.IsHidden(port.State))
        {
            return;
        }

        _output.Write(_isFirstPort ? default : ", "u8);
        _isFirstPort = false;
        _output.WriteNumber(port.Port.Port.Value);
        _output.Write('/');
        _output.Write(port.State.Name());
        _output.Write('/');
        _output.Write(port.Port.Protocol.NameUtf8());
        _output.Write("//"u8);
        if (port.Service is null)
        {
            _output.Write(_options.Services.PrimaryName(port.Port.Port, port.Port.Protocol));
            _output.Write("///"u8);
            return;
        }

        // As nmap: what separates fields is replaced.
        _output.WriteEscaped(ServiceText.NameOf(port, _options.Services).Replace('/', '|'));
        _output.Write("//"u8);
        _output.WriteEscaped(ServiceText.VersionOf(port.Service.Service)?.Replace('/', '|').Replace(',', ' '));
        _output.Write('/');
    }

    // nmap has no field for these; readers skip comments.
    private void WriteNotes(HostReport report)
    {
        if (report.AnswersEverything)
        {
            WriteNote(report, FormatText.AnswersEverything);
        }

        if (report.StoppedAfter is { } probes)
        {
            WriteNote(report, FormatText.Stopped(probes));
        }

        if (report.IsPartial)
        {
            WriteNote(report, FormatText.IsPartial);
        }
    }

    private void WriteNote(HostReport report, string note)
    {
        _output.Write("# "u8);
        _output.Write(report.Host.Target.Address);
        _output.Write(": "u8);
        _output.Write(note);
        _output.WriteLine();
    }
}
