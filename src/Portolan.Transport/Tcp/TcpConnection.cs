using Portolan.Model;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp.Core;

namespace Portolan.Transport.Tcp;

/// <summary>Told what happens to a connection. Each may call the connection again; none is called from within a call of another.</summary>
internal interface ITcpHandler
{
    /// <summary>It is open.</summary>
    void OnEstablished(TcpConnection connection, Instant now)
    {
    }

    /// <summary>There is more to read, or the end: see <see cref="TcpConnection.IsAtEnd"/>.</summary>
    void OnReadable(TcpConnection connection, Instant now)
    {
    }

    /// <summary>The peer has marked data as urgent, or more of them: see <see cref="TcpConnection.UrgentPending"/>.</summary>
    void OnUrgent(TcpConnection connection, Instant now)
    {
    }

    /// <summary>After a write that took less than all: there is room again.</summary>
    void OnWritable(TcpConnection connection, Instant now)
    {
    }

    /// <summary>It is over. Told once; <see cref="TcpError.None"/> when both sides closed in order.</summary>
    void OnClosed(TcpConnection connection, TcpError reason, Instant now)
    {
    }
}

/// <summary>What a writer says of what it writes.</summary>
[Flags]
internal enum TcpWriteMode : byte
{
    /// <summary>Nothing: it is sent soon, and the last segment has PSH.</summary>
    None = 0,

    /// <summary>More follows at once: a segment that is not full may wait for it (MSG_MORE).</summary>
    More = 1,

    /// <summary>A record ends here: no segment has bytes of before and after (MSG_EOR).</summary>
    EndOfRecord = 2,
}

/// <summary>One connection of a <see cref="TcpLayer"/>.</summary>
/// <remarks>On the thread of its layer. Nothing here blocks, and nothing allocates in steady state.</remarks>
internal sealed class TcpConnection : ITcpOwner
{
    private const byte MaxTrafficClass = 63;

    private readonly TcpLayer _layer;
    private ITcpHandler? _handler;
    private TcpEvents _untold;

    internal TcpConnection(
        TcpLayer layer, int id, int interfaceNumber, Ip.IpPath path, PortNumber localPort, PortNumber remotePort, uint timestampOffset)
    {
        _layer = layer;
        Id = id;
        Interface = interfaceNumber;
        Core = new TcpCore(layer.Environment, this, path, localPort, remotePort, timestampOffset);
    }

    /// <summary>This host's address.</summary>
    public InternetAddress Local => Core.Path.Source;

    /// <summary>This host's port.</summary>
    public PortNumber LocalPort => Core.LocalPort;

    /// <summary>The peer's address.</summary>
    public InternetAddress Remote => Core.Path.Destination;

    /// <summary>The peer's port.</summary>
    public PortNumber RemotePort => Core.RemotePort;

    /// <summary>The interface it was made on.</summary>
    public int Interface { get; }

    public TcpState State => Core.State;

    /// <summary>
    /// Why it ended; <see cref="TcpError.None"/> while it lives and when both sides closed in order (RFC 9293 section 3.6, MUST-12).
    /// </summary>
    public TcpError Error => Core.Error;

    /// <summary>Anything of the user's.</summary>
    public object? Tag { get; set; }

    /// <summary>Receives the events of this connection. Events from before it was set are delivered when it is set.</summary>
    public ITcpHandler? Handler
    {
        get => _handler;
        set
        {
            _handler = value;
            Tell();
        }
    }

    /// <summary>Whether Nagle's algorithm is off (TCP_NODELAY).</summary>
    public bool IsNoDelay
    {
        get => Core.IsNoDelay;
        set => Core.IsNoDelay = value;
    }

    /// <summary>
    /// The six bits of the differentiated services field of what is sent from now on, 0–63 (RFC 9293 section 3.9.2.1, SHLD-21).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is above 63.</exception>
    public byte TrafficClass
    {
        get => Core.TrafficClass;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxTrafficClass);
            Core.TrafficClass = value;
        }
    }

    /// <summary>TTL or hop limit of what is sent from now on; 0 for the host's usual one.</summary>
    public byte HopLimit
    {
        get => Core.HopLimit;
        set => Core.HopLimit = value;
    }

    /// <summary>
    /// How many bytes that are not read yet, come or not, lie before the end of the peer's urgent data; 0 when there are none (RFC 6093:
    /// they are read in line).
    /// </summary>
    public long UrgentPending => Core.UrgentPending;

    /// <summary>Bytes that can be read.</summary>
    public int Readable => Core.Incoming.Readable;

    /// <summary>Bytes that can be written now.</summary>
    public int Writable => Core.CanWrite ? Core.Outgoing.Free : 0;

    /// <summary>Whether all that will ever be read has been.</summary>
    public bool IsAtEnd => Core.IsAtEnd;

    internal TcpCore Core { get; }

    internal int Id { get; }

    internal FlowEnds Ends => new(Local, LocalPort, Remote, RemotePort, Interface);

    internal PortHolder? Holder { get; set; }

    internal bool IsWaiting { get; set; }

    internal bool IsForgotten { get; set; }

    internal bool IsInBlockedList { get; set; }

    internal bool IsInHoldingList { get; set; }

    internal bool IsInStarvedList { get; set; }

    /// <summary>
    /// Writes what there is room for; fewer than all means that <see cref="ITcpHandler.OnWritable"/> comes. Returns how many bytes.
    /// </summary>
    public int Write(ReadOnlySpan<byte> data, Instant now) => Core.Write(data, now);

    /// <summary>Writes what there is room for, and says what follows. Returns how many bytes.</summary>
    public int Write(ReadOnlySpan<byte> data, TcpWriteMode mode, Instant now) => Core.Write(data, mode, now);

    /// <summary>
    /// Whether segments that are not full wait for more to be written (TCP_CORK), for a retransmission timeout at most. Off sends what
    /// waits.
    /// </summary>
    public void SetCorked(bool isCorked, Instant now) => Core.SetCorked(isCorked, now);

    /// <summary>Sends what was written and waits for more or for acknowledgments, as far as windows allow.</summary>
    public void SendWaiting(Instant now) => Core.SendWaiting(now);

    /// <summary>Fixes how many bytes are taken from the writer; without it that grows with the congestion window.</summary>
    public void SetSendBuffer(int bytes) => Core.SetSendBuffer(bytes);

    /// <summary>
    /// Writes what there is room for and marks it as urgent up to its last byte (RFC 9293 section 3.8.5; new programs should not, RFC
    /// 6093). Returns how many bytes.
    /// </summary>
    public int WriteUrgent(ReadOnlySpan<byte> data, Instant now) => Core.WriteUrgent(data, now);

    /// <summary>
    /// Room to write into directly, at least one byte; empty when there is none (then <see cref="ITcpHandler.OnWritable"/> comes). Then
    /// call <see cref="Commit"/>.
    /// </summary>
    public Span<byte> GetRoom(int wanted)
    {
        if (!Core.CanWrite)
        {
            return default;
        }

        var room = Core.Outgoing.GetRoom(wanted);
        if (room.IsEmpty)
        {
            Core.WantWrite();
        }

        return room;
    }

    /// <summary>Says how much of the room was written.</summary>
    public void Commit(int count, Instant now) => Core.Written(count, now);

    /// <summary>Reads what there is. Returns how many bytes; 0 is the end when <see cref="IsAtEnd"/>.</summary>
    public int Read(Span<byte> destination, Instant now) => Core.Read(destination, now);

    /// <summary>The first bytes that lie together; valid until the next call on this connection.</summary>
    public ReadOnlyMemory<byte> Peek() => Core.Incoming.Peek();

    /// <summary>Copies the first bytes and leaves them to be read. Returns how many.</summary>
    public int Peek(Span<byte> destination)
    {
        var count = 0;
        while (count < destination.Length && Core.Incoming.PeekFrom(ReadPosition + count).Span is { IsEmpty: false } part)
        {
            part = part[..Math.Min(part.Length, destination.Length - count)];
            part.CopyTo(destination[count..]);
            count += part.Length;
        }

        return count;
    }

    /// <summary>The place in the peer's stream of the next byte to be read, from 0 on.</summary>
    internal long ReadPosition => Core.Incoming.ReadPosition;

    /// <summary>
    /// The bytes from a place on that lie together. They stay where they are and what they are, whatever ends the connection, until they
    /// are consumed or <see cref="EndLoan"/>.
    /// </summary>
    internal ReadOnlyMemory<byte> Lend(long position) => Core.Incoming.Lend(position);

    /// <summary>Throws away what can be read, as if it had been. What is lent is the reader's from now on.</summary>
    internal void Discard(Instant now) => Core.Discard(now);

    /// <summary>Lets go of what was not read. What is lent is the reader's from now on, and no memory of the layer.</summary>
    internal void LetGoOfUnread() => Core.Incoming.Clear();

    /// <summary>Whether the peer's FIN came and all before it.</summary>
    internal bool HasPeerFin => Core.HasPeerFin;

    /// <summary>Whether all that was written has been acknowledged.</summary>
    internal bool IsSendQueueEmpty => Core.Outgoing.Length == 0;

    /// <summary>Takes what there is room for and does not send it before <see cref="Push"/>. Returns how many bytes.</summary>
    internal int Append(ReadOnlySpan<byte> data) => Core.CanWrite ? Core.Outgoing.Write(data) : 0;

    /// <summary>Sends what was appended.</summary>
    internal void Push(Instant now) => Core.Push(now);

    /// <summary>
    /// Wants to be told by <see cref="ITcpHandler.OnWritable"/>, once, that there is room again. A write that is not taken whole says so
    /// itself.
    /// </summary>
    public void WantWrite() => Core.WantWrite();

    /// <summary>Nobody looks at what was lent any more.</summary>
    internal void EndLoan() => Core.Incoming.EndLoan();

    /// <summary>Says that so many bytes have been read.</summary>
    public void Consume(int count, Instant now) => Core.Consume(count, held: 0, now);

    /// <summary>As <see cref="Consume(int, Instant)"/>, of a reader that has examined more and keeps it until more comes.</summary>
    internal void Consume(int count, int held, Instant now) => Core.Consume(count, held, now);

    /// <summary>Writes no more: FIN after all that was written. Reading goes on.</summary>
    public void Shutdown(Instant now) => Core.Shutdown(now);

    /// <summary>Neither reads nor writes any more. What was written is still sent; with data unread the peer is reset.</summary>
    public void Close(Instant now) => Core.Close(now);

    /// <summary>Ends it with RST.</summary>
    public void Abort(Instant now) => Core.Abort(now);

    /// <summary>Probes an idle peer (RFC 9293 section 3.8.4); <c>null</c> for the profile's times.</summary>
    public void EnableKeepalive(Instant now, TimeSpan? idle = null, TimeSpan? interval = null, int? probes = null)
    {
        var profile = _layer.Profile;
        Core.SetKeepalive(
            TcpTimings.Of(idle ?? profile.KeepaliveIdle), TcpTimings.Of(interval ?? profile.KeepaliveInterval),
            probes ?? profile.KeepaliveProbes, now);
    }

    /// <summary>Gives the connection up when data stay unacknowledged for so long (RFC 9293 section 3.8.3, RFC 5482).</summary>
    public void SetUserTimeout(TimeSpan timeout) => Core.SetUserTimeout(TcpTimings.Of(timeout));

    /// <summary>Sends at most so many bytes of data a second (SO_MAX_PACING_RATE), headers not counted; 0 for no limit.</summary>
    public void SetMaxPacingRate(long bytes, Instant now) => Core.SetMaxPacingRate(bytes, now);

    /// <summary>What it knows of itself.</summary>
    public TcpInfo Info() => Info(_layer.Now);

    /// <summary>What it knows of itself, at a time that the layer may not have been told yet.</summary>
    public TcpInfo Info(Instant now) => Core.Info(now);

    void ITcpOwner.OnSettled(TcpCore core, Instant now) => _layer.OnSettled(this, now);

    void ITcpOwner.OnEvents(TcpCore core, TcpEvents events)
    {
        _untold |= events;
        Tell();
    }

    private void Tell()
    {
        if (_handler is not { } handler || _untold == TcpEvents.None)
        {
            return;
        }

        var (events, now) = (_untold, _layer.Now);
        _untold = TcpEvents.None;
        if ((events & TcpEvents.Established) != 0)
        {
            handler.OnEstablished(this, now);
        }

        if ((events & TcpEvents.Urgent) != 0)
        {
            handler.OnUrgent(this, now);
        }

        if ((events & TcpEvents.Readable) != 0)
        {
            handler.OnReadable(this, now);
        }

        if ((events & TcpEvents.Writable) != 0)
        {
            handler.OnWritable(this, now);
        }

        if ((events & TcpEvents.Closed) != 0)
        {
            handler.OnClosed(this, Core.Error, now);
        }
    }
}
