using Portolan.Transport.Tcp;

namespace Portolan.Transport.Testing.Apps;

/// <summary>One end of a scripted connection. It checks that what it reads is what the other end wrote, in order and to the end.</summary>
public sealed class TcpEnd : ITcpHandler
{
    private readonly SimHost _host;
    private readonly TcpScript _script;
    private readonly SimPattern _writes;
    private readonly SimPattern _reads;
    private readonly byte[] _room;
    private readonly TraceHash _hash = new();
    private TcpConnection? _connection;
    private bool _isReadScheduled;
    private bool _isWriteScheduled;
    private long _urgentEnd;
    private bool _isShut;

    internal TcpEnd(SimHost host, TcpScript script, ulong writesKey, ulong readsKey)
    {
        (_host, _script, _writes, _reads) = (host, script, new SimPattern(writesKey), new SimPattern(readsKey));
        _room = new byte[Math.Max(script.WriteAtMost, script.ReadAtMost)];
    }

    /// <summary>The other end.</summary>
    public TcpEnd? Peer { get; internal set; }

    /// <summary>Bytes written.</summary>
    public long Written { get; private set; }

    /// <summary>Bytes read.</summary>
    public long Read { get; private set; }

    /// <summary>Whether it read to the end.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether the connection is over.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether the connection is over, and all was read that will ever be.</summary>
    public bool IsFinished => IsClosed && (IsAtEnd || HasAborted || Error != TcpError.None || !IsStarted);

    /// <summary>Whether it aborted, or closed before it had read and written all.</summary>
    public bool HasAborted { get; private set; }

    /// <summary>A number that is the same for the same bytes read.</summary>
    public ulong ReadHash => _hash.Value;

    /// <summary>Why it ended.</summary>
    public TcpError Error { get; private set; }

    /// <summary>Whether it has a connection.</summary>
    public bool IsStarted => _connection is not null;

    /// <summary>How long it reads at most what the other end writes.</summary>
    internal TimeSpan ReadingTime => _script.TimeToRead(Peer?._script.Bytes ?? 0);

    /// <summary>The first bytes that it will write, for Fast Open.</summary>
    internal ReadOnlyMemory<byte> FirstBytes(int most)
    {
        var first = new byte[Math.Min(most, _script.Bytes)];
        _writes.Fill(first, 0);
        return first;
    }

    /// <param name="connection">The connection.</param>
    /// <param name="taken">How many of the first bytes it has taken already.</param>
    internal void Start(TcpConnection connection, int taken = 0)
    {
        (_connection, Written) = (connection, taken);
        connection.IsNoDelay = _script.IsNoDelay;

        // Who only waits for a peer whose RST was lost would wait for ever.
        connection.EnableKeepalive(_host.Now, TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(20), 5);
        connection.Handler = this;
        if (_script.AbortAt is { } time)
        {
            _host.World.After(time, () => _host.Do(() =>
            {
                if (!IsClosed)
                {
                    HasAborted = true;
                    connection.Abort(_host.Now);
                }
            }));
        }
    }

    /// <summary>It could not even begin.</summary>
    internal void GiveUp(TcpError error) => (IsClosed, Error) = (true, error);

    void ITcpHandler.OnEstablished(TcpConnection connection, Instant now) => Write(now);

    void ITcpHandler.OnWritable(TcpConnection connection, Instant now) => Write(now);

    /// <summary>RFC 9293 section 3.8.5: the mark only moves on, and lies in what the peer wrote.</summary>
    void ITcpHandler.OnUrgent(TcpConnection connection, Instant now)
    {
        var end = Read + connection.UrgentPending;
        if (end < _urgentEnd || end > Peer!.Written)
        {
            _host.World.Fail(
                $"{_host.Name} was notified of urgent data up to {end} after {_urgentEnd}, and its peer wrote {Peer!.Written} bytes");
        }

        _urgentEnd = end;
    }

    void ITcpHandler.OnReadable(TcpConnection connection, Instant now)
    {
        if (_script.ReadEvery == TimeSpan.Zero)
        {
            while (ReadOnce(now) > 0)
            {
            }
        }
        else
        {
            ReadLater();
        }
    }

    void ITcpHandler.OnClosed(TcpConnection connection, TcpError reason, Instant now)
    {
        if (IsClosed)
        {
            _host.World.Fail($"{_host.Name} was told twice that a connection is over");
        }

        (IsClosed, Error) = (true, reason);
        _host.World.AddToTrace(((ulong)Read << 8) | (ulong)reason);

        // What was not read before an error is not read after it.
        if (reason != TcpError.None)
        {
            connection.Close(now);
        }
    }

    private void Write(Instant now)
    {
        while (Written < _script.Bytes && !IsClosed)
        {
            if (_isWriteScheduled)
            {
                return;
            }

            var chunk = _room.AsSpan(0, (int)Math.Min(1 + _host.World.Random.Below((uint)_script.WriteAtMost), _script.Bytes - Written));
            _writes.Fill(chunk, Written);
            var isUrgent = _script.Urgent > 0 && _host.World.Random.Below(1000) < _script.Urgent * 1000;
            var count = isUrgent ? _connection!.WriteUrgent(chunk, now) : _connection!.Write(chunk, now);
            Written += count;
            if (_script.WriteEvery > TimeSpan.Zero)
            {
                WriteLater();
            }

            if (count < chunk.Length)
            {
                return;
            }
        }

        if (!_isShut && !IsClosed)
        {
            _isShut = true;
            _connection!.Shutdown(now);
            CloseWhenDone(now);
        }
    }

    private void WriteLater()
    {
        _isWriteScheduled = true;
        _host.World.After(_script.WriteEvery, () => _host.Do(() =>
        {
            _isWriteScheduled = false;
            Write(_host.Now);
        }));
    }

    private int ReadOnce(Instant now)
    {
        if (IsFinished || HasAborted)
        {
            return 0;
        }

        var chunk = _room.AsSpan(0, (int)Math.Min(1 + _host.World.Random.Below((uint)_script.ReadAtMost), _room.Length));
        var count = _connection!.Read(chunk, now);
        if (count > 0 && (Read + count > Peer!.Written || !_reads.Fits(chunk[..count], Read)))
        {
            _host.World.Fail($"{_host.Name} read bytes after {Read} that its peer did not write there");
        }

        Read += count;
        _hash.Add(chunk[..count]);
        if (_script.CloseAfter >= 0 && Read >= _script.CloseAfter && !IsClosed && !IsAtEnd)
        {
            HasAborted = true;
            _connection.Close(now);
            return 0;
        }

        if (_script.AbortAfter >= 0 && Read >= _script.AbortAfter && !IsClosed && !IsAtEnd)
        {
            HasAborted = true;
            _connection.Abort(now);
            return 0;
        }

        if (_connection.IsAtEnd && !IsAtEnd)
        {
            IsAtEnd = true;
            if (Read != (Peer!.HasAborted ? Peer.Written : Peer._script.Bytes))
            {
                _host.World.Fail(
                    $"{_host.Name} read the end after {Read} of {Peer._script.Bytes} bytes, of which {Peer.Written} were written");
            }

            CloseWhenDone(now);
        }

        return count;
    }

    private void ReadLater()
    {
        if (_isReadScheduled)
        {
            return;
        }

        _isReadScheduled = true;
        _host.World.After(_script.ReadEvery, () => _host.Do(() =>
        {
            _isReadScheduled = false;
            var count = ReadOnce(_host.Now);
            if (count > 0 || _connection!.Readable > 0)
            {
                ReadLater();
            }
        }));
    }

    private void CloseWhenDone(Instant now)
    {
        if (_isShut && IsAtEnd)
        {
            _connection!.Close(now);
        }
    }
}
