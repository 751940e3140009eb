using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>The path that <see cref="IpHost"/> gives out. It looks again when routes or path MTUs have changed, and only then.</summary>
internal sealed class RoutedPath : IpPath
{
    private readonly IpHost _host;
    private InternetAddress _source;
    private InternetAddress _destination;
    private PathWay _way = PathWay.None;
    private Neighbour? _neighbour;
    private int _seenRoutes;
    private int _seenMtus;
    private Instant _mtuExpires;
    private int _mtu;
    private int _mtuGeneration;
    private bool _isMtuTold;

    internal RoutedPath(IpHost host) => _host = host;

    public override InternetAddress Source => _source;

    public override InternetAddress Destination => _destination;

    public override int InterfaceNumber
    {
        get
        {
            Refresh();
            return _way.Interface?.Number ?? 0;
        }
    }

    public override int Mtu
    {
        get
        {
            Refresh();
            return _mtu;
        }
    }

    public override bool IsMtuTold
    {
        get
        {
            Refresh();
            return _isMtuTold;
        }
    }

    public override int MtuGeneration
    {
        get
        {
            Refresh();
            return _mtuGeneration;
        }
    }

    public override ChecksumCoverage Checksum
    {
        get
        {
            Refresh();
            return _way.IsLocal || _way.Interface is { CanCompleteChecksums: true }
                ? ChecksumCoverage.PseudoHeader
                : ChecksumCoverage.Whole;
        }
    }

    public override int MaxSuperSegment
    {
        get
        {
            Refresh();
            return _way.IsLocal ? 0 : _way.Interface?.MaxSuperSegment(_destination.IsIPv4) ?? 0;
        }
    }

    public override bool IsLoopback
    {
        get
        {
            Refresh();
            return _way.IsLocal;
        }
    }

    /// <summary>The same for all packets between two addresses, which RFC 6437 section 3 allows.</summary>
    internal uint FlowLabel { get; private set; }

    /// <summary>Whether routers must be let cut what is sent: one of them takes less than the least path MTU that is believed.</summary>
    internal bool IsCut { get; private set; }

    internal IpInterface? Interface => _way.Interface;

    internal IpDelivery Delivery => _way.Delivery;

    public override bool IsToOne => _way.Delivery == IpDelivery.Host;

    internal InternetAddress NextHop => _way.Gateway ?? _destination;

    public override bool ReduceMtu(int reported, int packetLength, Instant now)
    {
        _host.AdvanceTo(now);
        return _host.PathMtus.Reduce(_destination, InterfaceNumber, Mtu, reported, packetLength, now);
    }

    /// <summary>Makes it another path; only for one without another holder.</summary>
    internal void Become(InternetAddress source, InternetAddress destination, IpInterface? asked, in RouteDecision way)
    {
        (_source, _destination, _neighbour) = (source, destination, null);
        FlowLabel = source.IsIPv4 ? 0 : _host.FlowLabelOf(source, destination);
        _seenRoutes = _host.Generation;
        Take(way, asked);
        ReadMtu();
    }

    /// <summary>Looks again where something has changed.</summary>
    internal void Refresh()
    {
        if (_seenRoutes != _host.Generation || _seenMtus != _host.PathMtus.Generation || _host.Now >= _mtuExpires)
        {
            LookAgain();
        }
    }

    private void LookAgain()
    {
        if (_seenRoutes != _host.Generation)
        {
            _seenRoutes = _host.Generation;
            var asked = _way.Asked;
            var way = !_source.IsUnspecified && _host.OwnerOf(_source, asked) is null
                ? default
                : _host.Router.Find(_source, _destination, asked);
            Take(way, asked);
            ReadMtu();
        }
        else
        {
            ReadMtu();
        }
    }

    /// <summary>The entry of the next hop.</summary>
    internal Neighbour FindNeighbour()
    {
        if (_neighbour is not { IsRemoved: false } neighbour)
        {
            neighbour = _way.Interface!.Neighbours.FindOrAdd(NextHop);
            _neighbour = neighbour;
        }

        return neighbour;
    }

    private void Take(in RouteDecision answer, IpInterface? asked)
    {
        if (answer.Interface != _way.Interface || answer.NextHop != NextHop)
        {
            _neighbour = null;
        }

        _way = _host.Ways.Of(answer, _destination, asked);
    }

    private void ReadMtu()
    {
        _seenMtus = _host.PathMtus.Generation;
        _mtuExpires = Instant.Never;
        _isMtuTold = false;
        IsCut = false;
        var mtu = _way.Interface is null ? _mtu : _way.IsLocal ? _host.Loopback.Mtu : _way.Interface.Mtu;
        if (_way is { Interface: not null, IsLocal: false })
        {
            var known = _host.PathMtus.Find(_destination, _way.Interface.Number, _host.Now, out _mtuExpires, out var isCut);
            IsCut = isCut;
            mtu = Math.Min(mtu, Math.Min(known == 0 ? mtu : known, _way.Mtu == 0 ? mtu : _way.Mtu));
            _isMtuTold = known != 0 || _way.Mtu != 0;
        }

        _mtuGeneration += mtu == _mtu ? 0 : 1;
        _mtu = mtu;
    }
}
