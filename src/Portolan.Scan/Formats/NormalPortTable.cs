using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>
/// The table of ports in nmap's normal format: PORT, STATE, SERVICE and perhaps REASON and VERSION, as wide as the ports of the host need.
/// </summary>
internal sealed class NormalPortTable
{
    private readonly Utf8Writer _output;
    private readonly HiddenPorts _hidden;
    private readonly ServiceRegistry _services;
    private readonly bool _showsReasons;
    private readonly bool _showsVersions;
    private readonly Action<PortResult> _measure;
    private readonly Action<PortResult> _write;
    private int _portWidth;
    private int _stateWidth;
    private int _serviceWidth;
    private int _reasonWidth;

    /// <summary>Makes the table; <paramref name="hidden"/> was read for the host before each <see cref="Write(HostReport)"/>.</summary>
    public NormalPortTable(Utf8Writer output, HiddenPorts hidden, ServiceRegistry services, bool showsReasons, bool showsVersions)
    {
        (_output, _hidden, _services, _showsReasons, _showsVersions) = (output, hidden, services, showsReasons, showsVersions);
        (_measure, _write) = (Measure, Write);
    }

    /// <summary>Writes the table of a host.</summary>
    public void Write(HostReport report)
    {
        (_portWidth, _stateWidth, _serviceWidth, _reasonWidth) = ("PORT".Length, "STATE".Length, "SERVICE".Length, "REASON".Length);
        report.ForEachPort(_measure);
        WritePadded("PORT"u8, _portWidth);
        WritePadded("STATE"u8, _stateWidth);
        WriteService("SERVICE"u8, _showsVersions);
        _output.Write(_showsReasons ? " REASON"u8 : default);
        if (_showsVersions)
        {
            _output.Pad(_showsReasons ? _reasonWidth - "REASON".Length : 0);
            _output.Write(" VERSION"u8);
        }

        _output.WriteLine();
        report.ForEachPort(_write);
    }

    private void Measure(PortResult port)
    {
        if (!_hidden.IsHidden(port.State))
        {
            _portWidth = Math.Max(_portWidth, DigitsOf(port.Port.Port.Value) + 1 + port.Port.Protocol.NameUtf8().Length);
            _stateWidth = Math.Max(_stateWidth, port.State.Name().Length);
            _serviceWidth = Math.Max(_serviceWidth, ServiceOf(port).Length);
            _reasonWidth = _showsReasons && _showsVersions ? Math.Max(_reasonWidth, ReasonOf(port).Length) : _reasonWidth;
        }
    }

    private void Write(PortResult port)
    {
        if (_hidden.IsHidden(port.State))
        {
            return;
        }

        var number = port.Port.Port.Value;
        var protocol = port.Port.Protocol.NameUtf8();
        _output.WriteNumber(number);
        _output.Write('/');
        _output.Write(protocol);
        _output.Pad(_portWidth - DigitsOf(number) - protocol.Length);
        var state = port.State.Name();
        _output.Write(state);
        _output.Pad(_stateWidth + 1 - state.Length);
        var version = _showsVersions ? ServiceText.ColumnOf(port) : null;
        WriteService(ServiceOf(port), version is not null);
        if (_showsReasons)
        {
            WriteReason(port);
            _output.Pad(version is null ? 0 : _reasonWidth - ReasonOf(port).Length);
        }

        if (version is not null)
        {
            _output.Write(' ');
            _output.WriteEscaped(version);
        }

        _output.WriteLine();
        if (BannerText.Of(port.Banner.Span) is { } banner)
        {
            // As nmap shows what a script said in one line.
            _output.Write("|_banner: "u8);
            _output.Write(banner);
            _output.WriteLine();
        }

        foreach (var fact in port.Facts ?? [])
        {
            foreach (var line in FactLines.Below(fact))
            {
                _output.WriteEscaped(line);
                _output.WriteLine();
            }
        }
    }

    private void WriteReason(in PortResult port)
    {
        _output.Write(' ');
        _output.Write(port.Reason.Name());
        if (port.ReasonAddress is { } address)
        {
            _output.Write(" from "u8);
            _output.Write(address);
        }

        if (port.TimeToLive > 0)
        {
            _output.Write(" ttl "u8);
            _output.WriteNumber(port.TimeToLive);
        }
    }

    // Only where a column follows it is needed before it is written.
    private static string ReasonOf(in PortResult port) =>
        $"{port.Reason.Name()}{(port.ReasonAddress is { } address ? $" from {address}" : "")}"
            + $"{(port.TimeToLive > 0 ? FormattableString.Invariant($" ttl {port.TimeToLive}") : "")}";

    private ReadOnlySpan<byte> ServiceOf(in PortResult port)
    {
        if (port.Service is not null)
        {
            return System.Text.Encoding.UTF8.GetBytes(TerminalText.Escape(ServiceText.NameOf(port, _services)));
        }

        var name = _services.PrimaryName(port.Port.Port, port.Port.Protocol);
        return !name.IsEmpty ? name
            : SilentServices.MayBe(port) is { } silent ? System.Text.Encoding.ASCII.GetBytes($"{silent}?") : "unknown"u8;
    }

    private void WritePadded(ReadOnlySpan<byte> text, int width)
    {
        _output.Write(text);
        _output.Pad(width + 1 - text.Length);
    }

    // The last column has no white space after it.
    private void WriteService(ReadOnlySpan<byte> name, bool isFollowed)
    {
        _output.Write(name);
        _output.Pad(_showsReasons || isFollowed ? _serviceWidth - name.Length : 0);
    }

    private static int DigitsOf(int number) => number switch
    {
        < 10 => 1,
        < 100 => 2,
        < 1000 => 3,
        < 10000 => 4,
        _ => 5,
    };
}
