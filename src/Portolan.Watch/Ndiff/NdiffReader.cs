using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Portolan.Model.Xml;
using Portolan.Scan.Formats.Reading;

namespace Portolan.Watch.Ndiff;

/// <summary>Reads nmap's XML as ndiff does: states, names, services, scripts and systems as text. gzip is unpacked.</summary>
public sealed class NdiffReader
{
    private static readonly Advice Hint = $"--ndiff compares files from nmap -oX, masscan -oX or portolan scan -oX";
    private readonly NdiffScan _scan = new();
    private readonly XmlPullReader _reader;
    private readonly string[] _parents = new string[65];
    private NdiffHost? _host;
    private NdiffPort? _port;
    private (int, string) _portName;

    private NdiffReader(XmlPullReader reader) => _reader = reader;

    /// <summary>Reads a file.</summary>
    /// <param name="input">The file, whose length is bounded; stays the caller's.</param>
    /// <param name="source">Its name in messages.</param>
    /// <exception cref="PortolanException">It is not such XML, or it ends too early. Exit code 3.</exception>
    public static NdiffScan Read(Stream input, string source)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            var head = new byte[2];
            var length = input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            using var whole = new PrefixedStream(head.AsMemory(0, length), input);
            if (head is not [0x1f, 0x8b])
            {
                return new NdiffReader(new XmlPullReader(whole, skipsDocumentType: true)).Read();
            }

            using var unpacked = new GZipStream(whole, CompressionMode.Decompress, leaveOpen: true);
            using var bounded = new BoundedStream(unpacked, InputLimit.Comparison, $"what is in {source}");
            return new NdiffReader(new XmlPullReader(bounded, skipsDocumentType: true)).Read();
        }
        catch (XmlFormatException exception)
        {
            throw new PortolanException($"{source}: {exception.Message}", Hint, ExitCode.Failed, exception);
        }
        catch (PortolanException exception) when (exception.ExitCode != ExitCode.Failed)
        {
            throw new PortolanException(exception.Message, exception.Hint, ExitCode.Failed, exception);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new PortolanException($"cannot read {source}: {exception.Message}", inner: exception);
        }
    }

    private NdiffScan Read()
    {
        while (_reader.Read())
        {
            if (_reader.Node == XmlNode.Element)
            {
                Start();
                if (!_reader.IsEmpty)
                {
                    _parents[_reader.Depth] = _reader.Name;
                    continue;
                }
            }

            if (_reader.Node != XmlNode.Text)
            {
                End();
            }
        }

        return _scan;
    }

    private void Start()
    {
        var parent = _reader.Depth == 0 ? "" : _parents[_reader.Depth - 1];
        switch (parent, _reader.Name)
        {
            case ("", "nmaprun"):
                ReadRoot();
                break;
            case ("", _):
                throw _reader.Error($"the root element is '{_reader.Name}', not nmap's 'nmaprun'");
            case ("nmaprun", "host"):
                _scan.Hosts.Add(_host = new NdiffHost());
                break;
            case ("host" or "hostnames" or "ports" or "os" or "hostscript", _) when _host is not null:
                ReadHostFact(_host);
                break;
            case ("port", _) when _port is not null && _host is not null:
                ReadPortFact(_host, _port);
                break;
            case ("prescript" or "postscript", "script"):
                AddScript(parent == "prescript" ? _scan.Before : _scan.After);
                break;
        }
    }

    private void End()
    {
        if (_reader.Name == "host" && _reader.Depth == 1)
        {
            Sort(_host?.Scripts);
            _host = null;
        }
        else if (_reader.Name == "port" && _reader.Depth == 3)
        {
            Sort(_port?.Scripts);
            _port = null;
        }
    }

    private static void Sort(List<NdiffScript>? scripts) => CollectionsMarshal.AsSpan(scripts).Sort(static (a, b) =>
        string.CompareOrdinal(a.Id, b.Id) is var order and not 0 ? order : string.CompareOrdinal(a.Output, b.Output));

    private void ReadRoot()
    {
        _scan.Scanner = _reader.Attribute("scanner");
        _scan.Version = _reader.Attribute("version");
        _scan.Arguments = _reader.Attribute("args");
        _scan.StartedAt = long.TryParse(_reader.Attribute("start"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds < 1L << 36
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }

    private void ReadHostFact(NdiffHost host)
    {
        switch (_reader.Name)
        {
            case "status":
                host.State = _reader.Attribute("state") ?? host.State;
                break;
            case "address" when _reader.Attribute("addr") is { } address:
                host.Addresses.Add((_reader.Attribute("addrtype") switch { "ipv6" => 1, "mac" => 2, _ => 0 }, address));
                break;
            case "hostname" when _reader.Attribute("name") is { } name:
                host.Names.Add(name);
                break;
            case "extraports" when _reader.Attribute("state") is { } state:
                _ = long.TryParse(_reader.Attribute("count"), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
                host.SetExtra(state, count);
                break;
            case "port" when _reader.Attribute("protocol") is { } protocol
                && int.TryParse(_reader.Attribute("portid"), NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                (_port, _portName) = (new NdiffPort(), (number, protocol));
                break;
            case "osmatch" when _reader.Attribute("name") is { } system:
                host.Systems.Add(system);
                break;
            case "script":
                AddScript(host.Scripts);
                break;
        }
    }

    private void ReadPortFact(NdiffHost host, NdiffPort port)
    {
        switch (_reader.Name)
        {
            case "state" when _reader.Attribute("state") is { } state:
                port.State = state;
                host.Ports[_portName] = port;
                break;
            case "service":
                (port.Name, port.Product) = (_reader.Attribute("name"), _reader.Attribute("product"));
                (port.Version, port.Info) = (_reader.Attribute("version"), _reader.Attribute("extrainfo"));
                port.Tunnel = _reader.Attribute("tunnel");
                break;
            case "script":
                AddScript(port.Scripts);
                break;
        }
    }

    private void AddScript(List<NdiffScript> scripts)
    {
        if (_reader.Name == "script" && _reader.Attribute("id") is { } id && _reader.Attribute("output") is { } output)
        {
            scripts.Add(new NdiffScript(id, output));
        }
    }
}
