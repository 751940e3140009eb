using Portolan.Model;
using Portolan.Model.Xml;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Replay;

/// <summary>Reads a <c>trace</c> element. Files name the hops that answered and no others.</summary>
internal sealed class ReplayedTrace
{
    private readonly List<TraceHop> _hops = [];
    private TraceProbe _probe;
    private bool _isThere;

    /// <summary>Forgets the host before.</summary>
    public void Clear()
    {
        _hops.Clear();
        _isThere = false;
    }

    /// <summary>The element begins.</summary>
    public void Start(XmlPullReader reader)
    {
        Clear();
        _isThere = true;
        var port = new PortNumber((ushort)(reader.Number("port", 0, ushort.MaxValue) ?? 0));

        // The file says which port, and not whether SYN or ACK segments went there.
        _probe = reader.Text("proto") switch
        {
            "tcp" => new TraceProbe(TraceMethod.Syn, port),
            "udp" => new TraceProbe(TraceMethod.Udp, port),
            "icmp" or "ipv6-icmp" or "icmpv6" => new TraceProbe(TraceMethod.Echo, default),
            _ => default,
        };
    }

    /// <summary>A <c>hop</c> element. One that does not come behind the others is left out.</summary>
    public void ReadHop(XmlPullReader reader)
    {
        if (reader.Number("ttl", 1, byte.MaxValue) is not { } number || number <= _hops.Count || reader.Text("ipaddr").IsEmpty)
        {
            return;
        }

        while (_hops.Count < number - 1)
        {
            _hops.Add(new TraceHop((byte)(_hops.Count + 1), null, TimeSpan.Zero));
        }

        _hops.Add(new TraceHop((byte)number, reader.Address("ipaddr"), RoundTrip(reader), Known(reader.Attribute("host"))));
    }

    /// <summary>What was read; <c>null</c> where the host has none.</summary>
    /// <param name="host">The host's address.</param>
    public HostTrace? Of(InternetAddress host) =>
        _isThere ? new HostTrace(_probe, [.. _hops], _hops.Count > 0 && _hops[^1].Address == host) : null;

    // nmap writes "--" where it measured nothing.
    private static TimeSpan RoundTrip(XmlPullReader reader) =>
        reader.Text("rtt") is "--" ? TimeSpan.Zero : reader.Milliseconds("rtt") ?? TimeSpan.Zero;

    private static string? Known(string? name) => string.IsNullOrEmpty(name) ? null : name;
}
