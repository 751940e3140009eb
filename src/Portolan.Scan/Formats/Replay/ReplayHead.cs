using Portolan.Model;
using Portolan.Model.Xml;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Replay;

/// <summary>What stands before the first host: whose file it is, when the scan began, what it looked for.</summary>
internal sealed class ReplayHead
{
    private readonly List<ScanPart> _parts = [];
    private string _scanner = "nmap";
    private string _version = string.Empty;
    private string? _arguments;

    /// <summary>When the scan began; 1970 when the file does not say.</summary>
    public DateTimeOffset StartedAt { get; private set; } = DateTimeOffset.UnixEpoch;

    /// <summary>Every result is a host of its own.</summary>
    public bool IsMasscan => _scanner == "masscan";

    /// <summary>Reads the root element.</summary>
    public void ReadRoot(XmlPullReader reader)
    {
        _scanner = reader.Attribute("scanner") ?? _scanner;
        _version = reader.Attribute("version") ?? _version;
        _arguments = reader.Attribute("args");
        StartedAt = reader.Time("start") ?? StartedAt;
        if (_arguments?.StartsWith("portolan ", StringComparison.Ordinal) == true)
        {
            _scanner = "portolan";
        }
    }

    /// <summary>Reads a <c>scaninfo</c>.</summary>
    public void ReadPart(XmlPullReader reader)
    {
        var type = reader.Attribute("type") ?? string.Empty;
        if (ScanTypes.IsKnown(type) && reader.TryProtocol("protocol", out var protocol))
        {
            _parts.Add(new ScanPart(type, protocol, reader.Ports("services") ?? new PortSet()));
        }
    }

    /// <summary>The ports of a protocol that were scanned, as far as the file says.</summary>
    public PortSet Scanned(TransportProtocol protocol)
    {
        var ports = new PortSet();
        foreach (var part in _parts)
        {
            if (part.Protocol == protocol)
            {
                ports.UnionWith(part.Ports);
            }
        }

        return ports;
    }

    /// <summary>Whether a protocol's ports were scanned through connect(): an open one completed its handshake.</summary>
    public bool IsConnect(TransportProtocol protocol)
    {
        foreach (var part in _parts)
        {
            if (part.Protocol == protocol)
            {
                return part.Type == "connect";
            }
        }

        return false;
    }

    /// <summary>The head of the replayed run.</summary>
    public ScanStart ToStart(string file)
    {
        var isConnect = _parts.Count > 0;
        foreach (var part in _parts)
        {
            isConnect &= part.Type == "connect";
        }

        return new ScanStart(
            StartedAt, isConnect ? ScanMode.Connect : ScanMode.Raw, $"read from {file}", 0, 0, 0,
            _arguments is null ? [] : [$"scanned by: {_arguments}"])
        {
            Parts = _parts,
            ReplayOf = _version.Length == 0 ? _scanner : $"{_scanner} {_version}",
        };
    }
}
