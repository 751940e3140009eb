using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Ip;

/// <summary>
/// The paths that were given out, to be shared. Bounded: the oldest is shared no longer, but the owner that holds it goes on with it.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class PathCache
{
    private readonly IpHost _host;
    private readonly FlowTable<PathKey, RoutedPath> _paths;
    private readonly Queue<PathKey> _order = new();
    private readonly RoutedPath _borrowed;

    internal PathCache(IpHost host, SipHash hash)
    {
        _host = host;
        _paths = new FlowTable<PathKey, RoutedPath>(hash, maxEntries: 2 * host.Options.MaxPaths);
        _borrowed = new RoutedPath(host);
    }

    internal int Count => _paths.Count;

    internal bool TryFind(InternetAddress source, InternetAddress destination, IpInterface? asked, out RoutedPath path)
    {
        var key = new PathKey(source, destination, asked?.Number ?? 0);
        if (_paths.TryFind(key, out var known))
        {
            path = known;
            return true;
        }

        path = new RoutedPath(_host);
        if (!TryBecome(path, source, destination, asked))
        {
            return false;
        }

        while (_paths.Count >= _host.Options.MaxPaths && _order.TryDequeue(out var oldest))
        {
            _paths.TryRemove(oldest, out _);
        }

        if (_paths.TryAdd(key, path) == FlowAddition.Added)
        {
            _order.Enqueue(key);
        }

        return true;
    }

    internal bool TryBorrow(InternetAddress source, InternetAddress destination, IpInterface? asked, out RoutedPath path)
    {
        if (_paths.TryFind(new PathKey(source, destination, asked?.Number ?? 0), out var known))
        {
            path = known;
            return true;
        }

        path = _borrowed;
        return TryBecome(path, source, destination, asked);
    }

    /// <summary>Forgets all, so that sources are chosen anew.</summary>
    internal void Clear()
    {
        while (_order.TryDequeue(out var key))
        {
            _paths.TryRemove(key, out _);
        }
    }

    private bool TryBecome(RoutedPath path, InternetAddress source, InternetAddress destination, IpInterface? asked)
    {
        if (destination.IsUnspecified
            || (!source.IsUnspecified && (source.IsIPv4 != destination.IsIPv4 || _host.OwnerOf(source, asked) is null)))
        {
            return false;
        }

        var way = _host.Router.Find(source, destination, asked);
        if (way.Interface is not { IsUp: true } || (!destination.IsIPv4 && way.Interface.Mtu < PathMtuTable.LeastIPv6))
        {
            return false;
        }

        if (source.IsUnspecified && !_host.Router.TrySelectSource(destination, way, out source))
        {
            // RFC 1122 section 3.2.1.3 (a): who asks all on a link for its address has none to send from.
            if (asked is null || asked.IsLoopback || !destination.IsIPv4 || destination.IPv4Bits != uint.MaxValue)
            {
                return false;
            }

            source = InternetAddress.AnyIPv4;
        }

        // RFC 1122 section 3.2.1.3 (g): loopback addresses stay in the host.
        if (source.IsLoopback && !way.IsLocal)
        {
            return false;
        }

        path.Become(source, destination, asked, way);
        return true;
    }

    private readonly struct PathKey(InternetAddress source, InternetAddress destination, int interfaceNumber) : IFlowKey<PathKey>
    {
        private readonly InternetAddress _source = source;
        private readonly InternetAddress _destination = destination;
        private readonly int _interface = interfaceNumber;

        public ulong Hash(in SipHash hash) =>
            _destination.IsIPv4 ? hash.QuickOf(((ulong)_source.IPv4Bits << 32) | _destination.IPv4Bits, (uint)_interface) : hash.QuickOf(
            [_source.UpperBits, _source.LowerBits, _destination.UpperBits, _destination.LowerBits, (uint)_interface]);

        public bool Equals(PathKey other) =>
            _destination == other._destination && _source == other._source && _interface == other._interface;

        public override bool Equals(object? obj) => obj is PathKey other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(_source, _destination, _interface);
    }
}
