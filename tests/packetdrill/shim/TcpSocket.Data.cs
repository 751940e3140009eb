using Portolan.Model;
using Portolan.Transport.Tcp;

namespace Portolan.Packetdrill;

// Reading, writing, waiting for both.
internal sealed partial class TcpSocket
{
    /// <summary>What SIOCINQ tells: a FIN at the end of no data counts 1 for TCP_INQ only.</summary>
    internal int Readable => _connection?.Readable ?? 0;

    internal int Queued => _connection?.Info(world.Now) is { } info ? (int)(info.BytesUnacknowledged + info.BytesUnsent) : 0;

    internal int Unsent => (int)(_connection?.Info().BytesUnsent ?? 0);

    internal bool WantsQueueLength { get; set; }

    private long _unpushed;

    /// <summary>What TCP_CM_INQ tells: bytes that wait, or 1 for a FIN.</summary>
    internal int QueueLength => Readable > 0 || _connection is not { IsAtEnd: true } ? Readable : 1;

    internal unsafe PendingCall Read(nint buffer, long length, int flags) => Call(
        _ =>
        {
            if (_connection is not { } connection)
            {
                return -Linux.ENOTCONN;
            }

            if (connection.Readable > 0 && length > 0)
            {
                var room = new Span<byte>((void*)buffer, (int)Math.Min(length, connection.Readable));
                if (buffer == 0)
                {
                    return -Linux.EFAULT;
                }

                return (flags & Linux.MSG_PEEK) == 0 ? connection.Read(room, world.Now) : connection.Peek(room);
            }

            if (_error != 0)
            {
                return -TakeError();
            }

            return _isReadShut || connection.IsAtEnd || length == 0 ? 0 : IsConnecting ? -Linux.EAGAIN : null;
        },
        flags);

    internal PendingCall Write(nint buffer, long length, int flags) => Call(Writing(buffer, length, flags, done: 0), flags);

    /// <summary>Tries to write all, of which a part may have been.</summary>
    private unsafe Func<bool, long?> Writing(nint buffer, long length, int flags, long done)
    {
        var hasWaited = false;
        return _ =>
        {
            if (_connection is not { } connection)
            {
                return -Linux.EPIPE;
            }

            if (buffer == 0 && length > 0)
            {
                return -Linux.EFAULT;
            }

            if (_error != 0)
            {
                return done > 0 ? done : -TakeError();
            }

            if (_isWriteShut || connection.State is TcpState.Closed or TcpState.TimeWait)
            {
                return done > 0 ? done : -Linux.EPIPE;
            }

            // A program that waits is woken when a third is free.
            while (done < length && !IsConnecting && (!hasWaited || IsWritable(connection)) && Room(connection) is var room && room > 0)
            {
                var part = (int)Math.Min(length - done, room);
                var mode = ((flags & Linux.MSG_MORE) != 0 || done + part < length ? TcpWriteMode.More : 0)
                    | ((flags & Linux.MSG_EOR) != 0 && done + part == length ? TcpWriteMode.EndOfRecord : 0);
                if (IsPushDue(connection, part) && (mode & TcpWriteMode.More) != 0)
                {
                    mode = TcpWriteMode.EndOfRecord;
                }

                var taken = connection.Write(new ReadOnlySpan<byte>((byte*)buffer + done, part), mode, world.Now);
                done += taken;
                _unpushed = (mode & TcpWriteMode.More) == 0 ? 0 : _unpushed + taken;
                if (taken == 0)
                {
                    break;
                }
            }

            hasWaited = true;
            if (done < length && !IsConnecting)
            {
                connection.WantWrite();
            }

            return done == length || (done > 0 && (IsNonBlocking || (flags & Linux.MSG_DONTWAIT) != 0)) ? done : null;
        };
    }

    internal short Events(short wanted)
    {
        short events = 0;
        if (_listener is { WaitingCount: > 0 })
        {
            events |= Linux.POLLIN | Linux.POLLRDNORM;
        }

        if (_connection is { } connection)
        {
            var isOver = connection.State is TcpState.Closed or TcpState.TimeWait;
            events |= connection.Readable > 0 || connection.IsAtEnd || _isReadShut ? (short)(Linux.POLLIN | Linux.POLLRDNORM) : (short)0;
            events |= connection.IsAtEnd || _isReadShut ? Linux.POLLRDHUP : (short)0;
            events |= isOver || (_isReadShut && _isWriteShut) ? Linux.POLLHUP : (short)0;
            events |= !IsConnecting && (isOver || IsWritable(connection)) ? (short)(Linux.POLLOUT | Linux.POLLWRNORM) : (short)0;
            events |= _error != 0 ? Linux.POLLERR : (short)0;
        }

        return (short)(events & (wanted | Linux.POLLERR | Linux.POLLHUP));
    }

    /// <summary>
    /// How much the kernel would take now: it takes whole buffers of up to half of the largest window as long as the limits are not
    /// reached.
    /// </summary>
    private long Room(TcpConnection connection)
    {
        var info = connection.Info(world.Now);
        var queued = info.BytesUnacknowledged + info.BytesUnsent;
        if (queued >= Limit || info.BytesUnsent >= _notSentLowWater)
        {
            return 0;
        }

        var half = Math.Max(info.LargestSendWindow / 2 / Math.Max(1, info.SegmentSize) * info.SegmentSize, info.SegmentSize);
        var fits = info.BytesUnsent == 0 ? Math.Max(0, info.CongestionWindow - info.BytesInFlight) : 0;
        return fits > 0 ? Math.Min(fits, half) : Math.Min(half, 65_535);
    }

    /// <summary>The kernel ends a buffer with PSH when half of the largest window has been written since the last PSH.</summary>
    private bool IsPushDue(TcpConnection connection, int part) => _unpushed + part > connection.Info(world.Now).LargestSendWindow / 2;

    private bool IsWritable(TcpConnection connection)
    {
        var info = connection.Info(world.Now);
        var queued = info.BytesUnacknowledged + info.BytesUnsent;
        return Limit - queued >= queued / 2 && info.BytesUnsent * 2 < Math.Max(1, _notSentLowWater);
    }
}
