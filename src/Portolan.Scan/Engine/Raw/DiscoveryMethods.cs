using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Which probes look for a host on each kind of path, as nmap chooses them (nmap reference guide, "Host Discovery").</summary>
internal sealed class DiscoveryMethods
{
    private readonly List<(ProbeKind Kind, ushort Port)> _methods = [];
    private readonly bool _usesArp;
    private readonly bool _isSkipped;

    public DiscoveryMethods(DiscoverySettings settings)
    {
        _usesArp = !settings.NoArp;
        _isSkipped = settings.Skip;

        // The first is for neighbours only.
        _methods.Add((ProbeKind.Neighbour, 0));
        if (settings.Skip)
        {
            return;
        }

        if (settings.Echo || settings.IsDefault)
        {
            _methods.Add((ProbeKind.Echo, 0));
        }

        if (settings.IsDefault)
        {
            _methods.Add((ProbeKind.SynPing, 443));
            _methods.Add((ProbeKind.AckPing, 80));
        }

        if (settings.Timestamp || settings.IsDefault)
        {
            _methods.Add((ProbeKind.Timestamp, 0));
        }

        if (!settings.IsDefault)
        {
            AddPorts(settings.SynPorts, ProbeKind.SynPing);
            AddPorts(settings.AckPorts, ProbeKind.AckPing);
            AddPorts(settings.UdpPorts, ProbeKind.Udp);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _methods.Count;

    /// <summary>One of them.</summary>
    public (ProbeKind Kind, ushort Port) this[int method] => _methods[method];

    /// <summary>An answer of a neighbour says that it is up, and nothing else is asked.</summary>
    public bool ArpDecides => _usesArp || _isSkipped;

    /// <summary>Whether a method is used on a path.</summary>
    public bool Applies(int method, RawPath path)
    {
        if (path.Route.IsLocal)
        {
            return false;
        }

        var kind = _methods[method].Kind;
        if (kind == ProbeKind.Neighbour)
        {
            return path.HasNeighbours;
        }

        return !(path.HasNeighbours && ArpDecides) && (kind != ProbeKind.Timestamp || path.Route.Source.IsIPv4);
    }

    /// <summary>The method that a reply answers, or -1.</summary>
    public int IndexOf(in ProbeReply reply)
    {
        for (var i = 0; i < _methods.Count; i++)
        {
            var (kind, port) = _methods[i];
            var isTcp = kind is ProbeKind.SynPing or ProbeKind.AckPing;
            if ((reply.Kind == kind || (isTcp && reply.Kind == ProbeKind.Tcp)) && reply.Port == port)
            {
                return i;
            }
        }

        return -1;
    }

    private void AddPorts(Model.PortSet? ports, ProbeKind kind)
    {
        if (ports is null)
        {
            return;
        }

        foreach (var port in ports)
        {
            _methods.Add((kind, port.Value));
        }
    }
}
