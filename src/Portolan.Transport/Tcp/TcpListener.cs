using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp.FastOpen;

namespace Portolan.Transport.Tcp;

/// <summary>Takes connections. Made by <see cref="TcpLayer.TryListen"/>.</summary>
/// <remarks>On the thread of its layer.</remarks>
internal sealed class TcpListener
{
    private readonly TcpLayer _layer;
    private readonly Queue<TcpConnection> _waiting = new();

    internal TcpListener(TcpLayer layer, in TcpListenRequest request, in ListenerScope scope, PortHolder? holder)
    {
        _layer = layer;
        Request = request;
        SegmentSize = request.SegmentSize;
        Scope = scope;
        Holder = holder;
        FastOpen = request.FastOpenQueue > 0 ? new FastOpenQueue(request.FastOpenQueue) : null;
    }

    /// <summary>What it listens to, with the port that was chosen.</summary>
    public ListenerScope Scope { get; }

    /// <summary>What was asked for.</summary>
    public TcpListenRequest Request { get; }

    /// <summary>Who holds the port; <c>null</c> when it listens to every port.</summary>
    public PortHolder? Holder { get; }

    /// <summary>The most payload bytes of a segment of connections to come (TCP_MAXSEG); 0 for what the path takes.</summary>
    public int SegmentSize { get; set; }

    /// <summary>Decides about each SYN before it is answered; <c>null</c> to accept all.</summary>
    public TcpAdmission? Admission { get; set; }

    /// <summary>Told when a connection waits to be accepted.</summary>
    public Action<TcpListener>? Ready { get; set; }

    /// <summary>Connections that wait to be accepted.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Half-open connections.</summary>
    public int HalfOpenCount { get; internal set; }

    public bool IsClosed { get; private set; }

    /// <summary>
    /// Connections that a Fast Open cookie has opened and whose handshake is not done; <c>null</c> where there may be none.
    /// </summary>
    internal FastOpenQueue? FastOpen { get; }

    /// <summary>When a SYN was answered by a cookie last: only acknowledgments that come soon after that are looked at for one.</summary>
    internal Instant CookieSentAt { get; set; } = new(long.MinValue / 2);

    internal bool IsFull => _waiting.Count >= Math.Max(1, Request.Backlog);

    /// <summary>
    /// Takes the connection that waits longest; false when none does. What came meanwhile is told to its handler once that is set.
    /// </summary>
    public bool TryAccept([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TcpConnection? connection)
    {
        while (_waiting.TryDequeue(out connection))
        {
            connection.IsWaiting = false;
            return true;
        }

        return false;
    }

    /// <summary>Listens no more. Half-open connections are forgotten, those that wait to be accepted are reset.</summary>
    public void Close(Instant now)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        _layer.Remove(this);
        while (_waiting.TryDequeue(out var connection))
        {
            connection.Abort(now);
        }
    }

    internal void Offer(TcpConnection connection)
    {
        connection.IsWaiting = true;
        _waiting.Enqueue(connection);
        Ready?.Invoke(this);
    }
}
