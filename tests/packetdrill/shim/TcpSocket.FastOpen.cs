namespace Portolan.Packetdrill;

// Fast Open of a client as Linux has it: MSG_FASTOPEN, and TCP_FASTOPEN_CONNECT, with which the first write sends the SYN.
internal sealed partial class TcpSocket
{
    /// <summary>What a SYN with text leaves free, and headers of TCP and IP.</summary>
    private const int SynReserve = 40;
    private const int Headers4 = 40;
    private const int Headers6 = 60;

    private bool _connectsWithText;
    private SocketAddress? _deferred;

    /// <summary>A write with an address and MSG_FASTOPEN, or the first one after a connect that was put off.</summary>
    internal PendingCall WriteFast(nint buffer, long length, int flags, SocketAddress? to)
    {
        if ((flags & Linux.MSG_FASTOPEN) != 0 && IsConnecting)
        {
            return PendingCall.Ended(-Linux.EALREADY);
        }

        to ??= _deferred;
        if (_connection is not null || to is not { } address || (_deferred is null && (flags & Linux.MSG_FASTOPEN) == 0))
        {
            return Write(buffer, length, flags);
        }

        if (!world.Settings.HasFastOpen)
        {
            return PendingCall.Ended(-Linux.EOPNOTSUPP);
        }

        if (buffer == 0 && length > 0)
        {
            return PendingCall.Ended(-Linux.EFAULT);
        }

        _deferred = null;
        var sent = Math.Min(length, RoomInSyn(address));
        if (Begin(address, Bytes(buffer, sent)) is var error && error != 0)
        {
            return PendingCall.Ended(-error);
        }

        if (IsNonBlocking || (flags & Linux.MSG_DONTWAIT) != 0)
        {
            return PendingCall.Ended(sent > 0 ? sent : -Linux.EINPROGRESS);
        }

        var rest = Writing(buffer, length, flags, sent);
        return Call(isLate => IsConnecting ? null : _error != 0 ? -TakeError() : rest(isLate), flags);
    }

    /// <summary>With TCP_FASTOPEN_CONNECT and a cookie the SYN waits for the first write.</summary>
    private bool MayDefer(SocketAddress to) => _connectsWithText && world.Settings.HasFastOpen && RoomInSyn(to) > 0;

    private long RoomInSyn(SocketAddress to)
    {
        var remote = to.Address.Unmap();
        world.NeedLocal(remote.IsIPv4);
        var cookie = world.Tcp.Environment.FastOpens.CookieFor(world.LocalFor(remote), remote, out var mss);
        return cookie.Length == 0
            ? 0
            : Math.Min(_segmentSize > 0 ? Math.Min(mss, _segmentSize) : mss, world.Interface.Mtu - (remote.IsIPv4 ? Headers4 : Headers6))
                - SynReserve;
    }

    private static unsafe byte[] Bytes(nint buffer, long length) => new ReadOnlySpan<byte>((void*)buffer, (int)length).ToArray();
}
