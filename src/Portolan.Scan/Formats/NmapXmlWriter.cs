using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>nmap's XML (<c>-oX</c>), valid against nmap's own DTD.</summary>
/// <remarks>
/// A host is written and flushed when it is finished, so memory does not grow with results and a file of a killed run lacks only its
/// end tags. <c>scanner="nmap"</c> names the dialect, as the DTD demands; <c>args</c> and <c>version</c> are Portolan's.
/// </remarks>
public sealed class NmapXmlWriter : IScanObserver
{
    /// <summary>The version of the dialect: nmap 7.93's.</summary>
    private const string DialectVersion = "1.05";

    private readonly Utf8Writer _output;
    private readonly ScanOutputOptions _options;
    private readonly NmapXmlHost _host;
    private bool _isOpen;

    /// <summary>Writes to a stream that stays the caller's.</summary>
    public NmapXmlWriter(Stream output, ScanOutputOptions options)
    {
        _output = new Utf8Writer(output);
        _options = options;
        _host = new NmapXmlHost(_output, options);
    }

    /// <inheritdoc/>
    public void Started(ScanStart run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var time = FormatText.CTime(run.StartedAt);
        var commandLine = _options.CommandLine;
        _output.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n"u8);
        if (_options.Stylesheet is { } stylesheet)
        {
            _output.Write("<?xml-stylesheet href=\""u8);

            // A question mark before '>' would end the instruction; XmlText never writes a '>'.
            XmlText.Write(_output, stylesheet);
            _output.Write("\" type=\"text/xsl\"?>\n"u8);
        }

        _output.Write("<!-- Portolan "u8);
        XmlText.WriteComment(_output, $"{_options.Version} scan initiated {time} as: {commandLine}");
        _output.Write(" -->\n<nmaprun scanner=\"nmap\""u8);
        WriteAttribute(" args=\""u8, commandLine);
        WriteAttribute(" start=\""u8, run.StartedAt.ToUnixTimeSeconds());
        WriteAttribute(" startstr=\""u8, time);
        WriteAttribute(" version=\""u8, _options.Version);
        WriteAttribute(" xmloutputversion=\""u8, DialectVersion);
        _output.Write(">\n"u8);
        foreach (var part in run.Parts)
        {
            WriteAttribute("<scaninfo type=\""u8, part.Type);
            WriteAttribute(" protocol=\""u8, part.Protocol.NameUtf8());
            WriteAttribute(" numservices=\""u8, part.Ports.Count);
            _output.Write(" services=\""u8);
            FormatText.WritePorts(_output, part.Ports);
            _output.Write("\"/>\n"u8);
        }

        WriteAttribute("<verbose level=\""u8, _options.Verbosity);
        WriteAttribute("/>\n<debugging level=\""u8, _options.Debugging);
        _output.Write("/>\n"u8);
        _output.Flush();
        _host.HasPorts = run.Parts.Count > 0;
        _isOpen = true;
    }

    /// <inheritdoc/>
    public void HostFound(HostResult host)
    {
    }

    /// <inheritdoc/>
    public void PortFound(Targets.Target target, in PortResult port)
    {
    }

    /// <inheritdoc/>
    public void HostFinished(HostReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (!_options.Omits(report))
        {
            _host.Write(report);
            _output.Flush();
        }
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
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        var time = FormatText.CTime(balance.EndedAt);
        WriteAttribute("<runstats><finished time=\""u8, balance.EndedAt.ToUnixTimeSeconds());
        WriteAttribute(" timestr=\""u8, time);
        WriteAttribute(" summary=\""u8, $"Portolan done at {time}; {FormatText.Balance(balance)}");
        WriteAttribute(" elapsed=\""u8, FormatText.Seconds(balance.Elapsed));
        WriteAttribute(" exit=\""u8, balance.IsComplete ? "success" : "error");
        if (!balance.IsComplete)
        {
            WriteAttribute(" errormsg=\""u8, balance.Incomplete ?? "interrupted");
        }

        WriteAttribute("/><hosts up=\""u8, balance.HostsUp);
        WriteAttribute(" down=\""u8, balance.HostsDown);
        WriteAttribute(" total=\""u8, balance.HostsTotal);
        _output.Write("/>\n</runstats>\n</nmaprun>\n"u8);
        _output.Flush();
    }

    private void WriteAttribute(ReadOnlySpan<byte> start, string value)
    {
        _output.Write(start);
        XmlText.Write(_output, value);
        _output.Write('"');
    }

    private void WriteAttribute(ReadOnlySpan<byte> start, ReadOnlySpan<byte> plain)
    {
        _output.Write(start);
        _output.Write(plain);
        _output.Write('"');
    }

    private void WriteAttribute(ReadOnlySpan<byte> start, long value)
    {
        _output.Write(start);
        _output.Write(value);
        _output.Write('"');
    }
}
