using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Ip;

/// <summary>Path MTUs below those of the interfaces, each for a time (RFC 1191, RFC 8201). Bounded: the oldest goes first.</summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="hash">The key of the hash.</param>
/// <param name="age">How long one is believed.</param>
/// <param name="limit">The most that are remembered.</param>
/// <param name="least">The least that a packet-too-big brings about for IPv4.</param>
internal sealed class PathMtuTable(SipHash hash, TimeSpan age, int limit, int least = PathMtuTable.LeastIPv4)
{
    /// <summary>What every IPv4 link carries (RFC 791 section 3.2).</summary>
    internal const int LeastIPv4 = 68;

    /// <summary>What every IPv6 link carries (RFC 8200 section 5).</summary>
    internal const int LeastIPv6 = 1280;

    private readonly FlowTable<MtuKey, PathMtu> _table = new(hash, maxEntries: 2 * limit);
    private readonly Queue<(MtuKey Key, PathMtu Entry)> _order = new();

    /// <summary>Counts up with each change.</summary>
    internal int Generation { get; private set; }

    internal int Count => _table.Count;

    /// <summary>What is known of a destination; 0 for nothing.</summary>
    internal int Find(InternetAddress destination, int zone, Instant now, out Instant expires) =>
        Find(destination, zone, now, out expires, out _);

    /// <summary>
    /// What is known of a destination, and whether a router said less than is believed, so that routers must cut what is sent there.
    /// </summary>
    internal int Find(InternetAddress destination, int zone, Instant now, out Instant expires, out bool isCut)
    {
        var found = _table.TryFind(new MtuKey(destination, zone), out var entry) && entry.Expires > now;
        expires = found ? entry!.Expires : Instant.Never;
        isCut = found && entry!.IsCut;
        return found ? entry!.Mtu : 0;
    }

    /// <summary>Takes a smaller MTU.</summary>
    /// <param name="destination">Of the path.</param>
    /// <param name="zone">The interface; it counts only for link-local destinations.</param>
    /// <param name="current">The path's MTU until now.</param>
    /// <param name="reported">What the router said; 0 for nothing.</param>
    /// <param name="packetLength">Bytes of the packet that was too big, as the error quotes it.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it is smaller than what was known.</returns>
    internal bool Reduce(InternetAddress destination, int zone, int current, int reported, int packetLength, Instant now)
    {
        if (!destination.IsIPv4 && reported < LeastIPv6)
        {
            // RFC 8201 section 4: an MTU below the least of IPv6 is discarded, and so is none at all.
            return false;
        }

        // RFC 1191 section 5: an old router names no MTU. The plateau is below the length of the packet that it refused, not below what is
        // believed now, or the errors about one flight would step down once each. (That 4.2BSD added the header's length to it is not
        // allowed for.)
        var mtu = reported == 0 ? PlateauBelow(packetLength) : Math.Max(reported, LeastIPv4);

        // RFC 5927 section 7.2: a packet of that length would have passed. RFC 1191 section 6.3 and RFC 8201 section 4: never an increase.
        if (mtu >= packetLength || mtu >= current)
        {
            return false;
        }

        // Who lies about a path can make a thousand crumbs of a window. Where a link really takes so little, routers may cut, as with Linux
        // (min_pmtu).
        var isCut = destination.IsIPv4 && mtu < least;
        mtu = isCut ? Math.Min(least, current) : mtu;
        var key = new MtuKey(destination, zone);
        if (isCut && _table.TryFind(key, out var known) && known!.IsCut && known.Expires > now)
        {
            return false;
        }

        var entry = new PathMtu(mtu, now + age, isCut);
        if (!_table.TryReplace(key, entry))
        {
            while (_table.Count >= limit)
            {
                RemoveOldest();
            }

            _table.TryAdd(key, entry);
        }

        _order.Enqueue((key, entry));
        while (_order.Count > 4 * limit)
        {
            RemoveOldest();
        }

        Generation++;
        return true;
    }

    /// <summary>RFC 1191 section 7.1, table 7-1.</summary>
    private static int PlateauBelow(int length)
    {
        ReadOnlySpan<int> plateaus = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296];
        foreach (var plateau in plateaus)
        {
            if (plateau < length)
            {
                return plateau;
            }
        }

        return LeastIPv4;
    }

    private void RemoveOldest()
    {
        var (key, entry) = _order.Dequeue();

        // A newer entry of the key has its own place in the order.
        if (_table.TryFind(key, out var current) && current == entry)
        {
            _table.TryRemove(key, out _);
            Generation++;
        }
    }

    private sealed class PathMtu(int mtu, Instant expires, bool isCut)
    {
        internal bool IsCut { get; } = isCut;

        internal int Mtu { get; } = mtu;

        internal Instant Expires { get; } = expires;
    }

    private readonly struct MtuKey(InternetAddress destination, int zone) : IFlowKey<MtuKey>
    {
        private readonly ulong _upper = destination.UpperBits;
        private readonly ulong _lower = destination.LowerBits;
        private readonly ulong _rest = (destination.IsIPv4 ? 1UL << 32 : 0)
            | (!destination.IsIPv4 && destination.IsLinkLocal ? (uint)zone : 0);

        public ulong Hash(in SipHash hash) => hash.QuickOf([_upper, _lower, _rest]);

        public bool Equals(MtuKey other) => _lower == other._lower && _upper == other._upper && _rest == other._rest;

        public override bool Equals(object? obj) => obj is MtuKey other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(_upper, _lower, _rest);
    }
}
