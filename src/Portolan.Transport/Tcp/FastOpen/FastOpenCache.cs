using System.Runtime.InteropServices;
using Portolan.Model;

namespace Portolan.Transport.Tcp.FastOpen;

/// <summary>
/// What this host knows as a client (RFC 7413 sections 4.1.3 and 4.1.3.1): of each pair of addresses the cookie and the MSS that the server
/// named last; of each of its ports whether Fast Open has failed there, and until when it is left alone. The least recently used goes
/// first.
/// </summary>
/// <param name="limit">The most that is known, of addresses and of ports together.</param>
internal sealed class FastOpenCache(int limit)
{
    /// <summary>The pause doubles so often at most, as with Linux (tcp_fastopen_active_should_disable).</summary>
    private const int MostDoublings = 6;

    private readonly Dictionary<Key, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = new();

    /// <summary>How many addresses and ports are known.</summary>
    internal int Count => _entries.Count;

    /// <summary>The cookie for a server, if one is known, and its MSS, 0 when that is not.</summary>
    internal FastOpenCookie CookieFor(InternetAddress local, InternetAddress remote, out int segmentSize)
    {
        var entry = Find(new Key(local, remote, default))?.Value ?? default;
        segmentSize = entry.SegmentSize;
        return entry.Cookie;
    }

    /// <summary>Whether Fast Open is left alone for a server's port.</summary>
    internal bool IsPaused(InternetAddress local, InternetAddress remote, PortNumber port, Instant now) =>
        Find(new Key(local, remote, port)) is { } node && now < node.Value.PausedUntil;

    /// <summary>A server has given a cookie, or at least told its MSS.</summary>
    internal void Learn(InternetAddress local, InternetAddress remote, FastOpenCookie cookie, int segmentSize)
    {
        var key = new Key(local, remote, default);
        if (cookie.Length == 0 && Find(key) is null)
        {
            // An MSS without a cookie is of no use.
            return;
        }

        ref var entry = ref Get(key).ValueRef;
        entry.SegmentSize = segmentSize;
        entry.Cookie = cookie.Length > 0 ? cookie : entry.Cookie;
    }

    /// <summary>It has failed: the next time comes after the pause, which doubles each time that it fails again.</summary>
    internal void Pause(InternetAddress local, InternetAddress remote, PortNumber port, TimeSpan pause, Instant now)
    {
        ref var entry = ref Get(new Key(local, remote, port)).ValueRef;
        entry.PausedUntil = now + (pause * (1 << Math.Min(entry.Failures, MostDoublings)));
        entry.Failures++;
    }

    /// <summary>It works: failures of before count no more.</summary>
    internal void Forgive(InternetAddress local, InternetAddress remote, PortNumber port)
    {
        if (_entries.Remove(new Key(local, remote, port), out var node))
        {
            _order.Remove(node);
        }
    }

    private LinkedListNode<Entry>? Find(in Key key)
    {
        if (!_entries.TryGetValue(key, out var node))
        {
            return null;
        }

        _order.Remove(node);
        _order.AddFirst(node);
        return node;
    }

    private LinkedListNode<Entry> Get(in Key key)
    {
        if (Find(key) is { } known)
        {
            return known;
        }

        if (_entries.Count >= Math.Max(1, limit))
        {
            _entries.Remove(_order.Last!.Value.Key);
            _order.RemoveLast();
        }

        return _entries[key] = _order.AddFirst(new Entry { Key = key });
    }

    /// <summary>A pair of addresses, and a port of the server, or port 0 for all.</summary>
    private readonly record struct Key(InternetAddress Local, InternetAddress Remote, PortNumber Port);

    [StructLayout(LayoutKind.Auto)]
    private struct Entry
    {
        internal Key Key;
        internal FastOpenCookie Cookie;
        internal Instant PausedUntil;
        internal int Failures;
        internal int SegmentSize;
    }
}
