using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Reads nmap's grepable format (<c>-oG</c>), which masscan and Portolan write too.</summary>
/// <remarks>
/// The ports that were scanned stand in <c># Ports scanned:</c>, which nmap writes with <c>-v</c> and masscan always; otherwise those of
/// <c>-p</c> in the command line are taken where a host has as many ports as that, and else the ports that the file names.
/// </remarks>
internal sealed class GrepableResult(ResultLines lines, IResultSink sink)
{
    private const string PortsScanned = "# Ports scanned: ";
    private const string As = " as: ";
    private readonly Dictionary<InternetAddress, HostLines> _hosts = [];
    private readonly PortSet _tcp = new();
    private readonly PortSet _udp = new();
    private List<ScanPart> _parts = [];
    private string[] _arguments = [];
    private string? _program;
    private long? _total;
    private long? _up;
    private DateTimeOffset? _startedAt;
    private bool _hasEnd;
    private bool _isOpen;

    /// <summary>Reads a file.</summary>
    public void Read()
    {
        while (lines.Next() is { } line)
        {
            if (line.StartsWith('#'))
            {
                ReadComment(line);
            }
            else if (line.Length > 0)
            {
                ReadHost(line);
            }
        }

        Finish();
    }

    private void ReadComment(string line)
    {
        if (line.StartsWith(PortsScanned, StringComparison.Ordinal))
        {
            ReadScope(line[PortsScanned.Length..]);
        }
        else if (line.Contains(" scan initiated ", StringComparison.Ordinal))
        {
            if (_isOpen)
            {
                Finish();
            }

            _isOpen = true;
            _program = line.TrimStart('#', ' ').Split(' ')[0];
            var words = line.IndexOf(As, StringComparison.Ordinal);
            _arguments = words < 0 ? [] : line[(words + As.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            _startedAt = TimeOf(line[(line.IndexOf("initiated ", StringComparison.Ordinal) + 10)..(words < 0 ? line.Length : words)]);
        }
        else if (line.Contains(" done at ", StringComparison.Ordinal))
        {
            _hasEnd = true;
            var count = line.IndexOf(" -- ", StringComparison.Ordinal);
            _total = count >= 0
                && long.TryParse(line[(count + 4)..].Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var total)
                ? total
                : null;

            // -- 4 IP addresses (1 host up) scanned in 0.05 seconds
            var up = line.IndexOf('(', Math.Max(0, count));
            _up = up >= 0
                && long.TryParse(line[(up + 1)..].Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out total)
                ? total
                : null;
        }
    }

    // TCP(3;22,80-81) UDP(0;) SCTP(0;) PROTOCOLS(0;)
    private void ReadScope(string text)
    {
        foreach (var (word, protocol, type) in (ReadOnlySpan<(string, TransportProtocol, string)>)[
            ("TCP(", TransportProtocol.Tcp, "syn"), ("UDP(", TransportProtocol.Udp, ScanTypes.Udp)])
        {
            var start = text.IndexOf(word, StringComparison.Ordinal);
            var end = start < 0 ? -1 : text.IndexOf(')', start);
            var list = end < 0 ? "" : text[(start + word.Length)..end];
            list = list[(list.IndexOf(';', StringComparison.Ordinal) + 1)..];
            if (list.Length > 0 && PortSet.TryParse(list, out var ports, out _) && !_parts.Exists(part => part.Protocol == protocol))
            {
                _parts.Add(new ScanPart(type, protocol, ports));
            }
        }
    }

    private void ReadHost(string line)
    {
        var fields = line.Split('\t');
        var name = Array.Find(fields, static field => field.StartsWith("Host: ", StringComparison.Ordinal));
        var words = name?[6..].Split(' ', 2) ?? [];
        if (words.Length == 0 || !InternetAddress.TryParse(words[0], out var address))
        {
            lines.Fault("not a line of the grepable format: Host: ADDRESS (NAME) and results");
            return;
        }

        if (!_hosts.TryGetValue(address, out var host))
        {
            _hosts.Add(address, host = new HostLines());
        }

        host.Name ??= words.Length > 1 && words[1].Trim('(', ')') is { Length: > 0 } known ? known : null;
        foreach (var field in fields)
        {
            ReadField(host, field);
        }
    }

    private void ReadField(HostLines host, string field)
    {
        var colon = field.IndexOf(": ", StringComparison.Ordinal);
        var (name, value) = colon < 0 ? (field, "") : (field[..colon], field[(colon + 2)..]);
        switch (name)
        {
            case "Status":
                host.Status = value switch
                {
                    "Up" => HostStatus.Up,
                    "Down" => HostStatus.Down,
                    "Timeout" => host.Status,
                    _ => HostStatus.Unknown,
                };
                host.IsGivenUp |= value == "Timeout";
                break;
            case "Ports":
                host.Status = HostStatus.Up;
                ReadPorts(host, value);
                break;
            case "Ignored State":
                ReadIgnored(host, value);
                break;
            case "Timestamp":
                _startedAt ??= MasscanPorts.TimeOf(value);
                break;
        }
    }

    // 8081/open/tcp//http//Server 1.0 (with, a comma)/, 8082/closed/tcp//…
    private void ReadPorts(HostLines host, string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var fields = new string[7];
            var start = at;
            for (var i = 0; i < fields.Length; i++)
            {
                var slash = text.IndexOf('/', start);
                if (slash < 0)
                {
                    // masscan leaves out the last of them.
                    slash = text.Length;
                }

                fields[i] = start <= text.Length ? text[Math.Min(start, text.Length)..slash] : "";
                start = Math.Min(slash + 1, text.Length);
            }

            AddPort(host, fields);
            at = start;
            while (at < text.Length && text[at] is ',' or ' ')
            {
                at++;
            }
        }
    }

    private void AddPort(HostLines host, string[] fields)
    {
        if (!PortNumber.TryParse(fields[0].Trim(), out var number) || !PortStateNames.TryParse(fields[1], out var state)
            || !TransportProtocolNames.TryParse(fields[2], out var protocol))
        {
            lines.Fault("a port without number, state or protocol");
            return;
        }

        if (protocol is TransportProtocol.Tcp or TransportProtocol.Udp)
        {
            (protocol == TransportProtocol.Udp ? _udp : _tcp).Add(number);
            var port = new PortResult(
                new ProbePort(protocol, number), state, ReplyReason.UnknownResponse, 0,
                state == PortState.Open ? Evidence.SynAck : Evidence.None, null);

            // The name alone may come from a table; a product was found out.
            host.Table.Add(default, fields[6].Length == 0 ? port : port with { Service = ServiceOf(fields) });
        }
    }

    private static ServiceAnswer ServiceOf(string[] fields)
    {
        var bar = fields[4].IndexOf('|', StringComparison.Ordinal);
        return new ServiceAnswer(ServiceOutcome.Identified, new IdentifiedService(fields[4][(bar + 1)..])
        {
            Tunnel = bar > 0 ? fields[4][..bar] : null,
            Product = fields[6],
            Confidence = 10,
        })
        { IsJoined = true };
    }

    // filtered (988)
    private static void ReadIgnored(HostLines host, string text)
    {
        var words = text.Split(' ', 2);
        if (PortStateNames.TryParse(words[0], out var state))
        {
            host.Ignored = state;
            host.IgnoredCount = words.Length > 1
                && int.TryParse(words[1].Trim('(', ')'), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        }
    }

    private void Finish()
    {
        if (_parts.Count == 0)
        {
            _parts = PartsOfArguments();
        }

        var isUnknown = _parts.Count == 0;
        if (isUnknown)
        {
            _parts = [new ScanPart("syn", TransportProtocol.Tcp, _tcp), new ScanPart(ScanTypes.Udp, TransportProtocol.Udp, _udp)];
        }

        sink.Start(new ResultHead([.. _parts], _arguments)
        {
            IsScopeUnknown = isUnknown,
            StartedAt = _startedAt,
            Scanner = ResultHead.ScannerOf(_program),
        });
        if (!_hasEnd)
        {
            sink.Note("the file lacks the end of a finished scan: unnamed ports and hosts are left out");
        }

        List<InternetAddress> addresses = [.. _hosts.Keys];
        addresses.Sort();
        foreach (var address in addresses)
        {
            var host = _hosts[address];
            var (groups, ports) = host.Table.Take(default);
            sink.Host(new ScannedHost(address, groups)
            {
                Ports = ports,
                Status = host.Status,
                Reason = ReplyReason.UnknownResponse,
                ReverseName = host.Name,
                IsGivenUp = host.IsGivenUp,
                IsPartial = !_hasEnd,
                Others = host.Ignored is { } state ? [.. _parts.Select(part => (part.Protocol, state))] : null,
            });
        }

        sink.End(new ResultEnd(_hasEnd ? _total : null, _hasEnd)
        {
            HostsUp = _up,
            Incomplete = _hasEnd ? null : "the file lacks the end of a finished scan",
        });
        _hosts.Clear();
        (_parts, _total, _up, _hasEnd, _isOpen) = ([], null, null, false, false);
        _tcp.Remove(PortRange.All);
        _udp.Remove(PortRange.All);
    }

    // Only where the counts prove that these are the ports: each host that was scanned whole has so many.
    private List<ScanPart> PartsOfArguments()
    {
        var list = OptionOf("-p");
        if (list is null || _udp.IsEmpty == false || _arguments.Contains("-sU", StringComparer.Ordinal)
            || !PortSet.TryParse(list == "-" ? "1-65535" : list, out var ports, out _) || !_tcp.IsSubsetOf(ports))
        {
            return [];
        }

        foreach (var host in _hosts.Values)
        {
            if (host.Status == HostStatus.Up && host.Table.Count(default) + host.IgnoredCount is > 0 and var count && count != ports.Count)
            {
                return [];
            }
        }

        return [new ScanPart("syn", TransportProtocol.Tcp, ports)];
    }

    private string? OptionOf(string name)
    {
        for (var i = 0; i < _arguments.Length; i++)
        {
            if (_arguments[i] == name)
            {
                return i + 1 < _arguments.Length ? _arguments[i + 1] : null;
            }

            if (_arguments[i].StartsWith(name, StringComparison.Ordinal) && _arguments[i].Length > 2
                && (char.IsAsciiDigit(_arguments[i][2]) || _arguments[i][2] == '-'))
            {
                return _arguments[i][2..];
            }
        }

        return null;
    }

    // Mon Nov 23 06:08:08 2026: the local time of who scanned, whose zone the file does not name; taken as UTC.
    private static DateTimeOffset? TimeOf(string text) => DateTimeOffset.TryParseExact(
        text.Trim(), ["ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
        out var time)
        ? time
        : null;

    private sealed class HostLines
    {
        public HostCollector Table { get; } = new(remembers: false);

        public string? Name { get; set; }

        public HostStatus Status { get; set; }

        public bool IsGivenUp { get; set; }

        public PortState? Ignored { get; set; }

        public int IgnoredCount { get; set; }
    }
}
