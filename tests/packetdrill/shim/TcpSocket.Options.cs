using Portolan.Model;
using Portolan.Transport.Tcp;

namespace Portolan.Packetdrill;

// Options of sockets. Those that mean nothing to the stack are remembered, so that they can be read back.
internal sealed partial class TcpSocket
{
    private readonly Dictionary<(int Level, int Name), int> _others = [];
    private bool _reusesAddress;
    private bool _reusesPort;
    private bool _noDelay;
    private bool _isCorked;
    private bool _keepsAlive;
    private int _segmentSize;
    private int _linger = -1;
    private int _sendBuffer;
    private long _notSentLowWater = world.Settings.NotSentLowWater;
    private int _userTimeout;
    private int _keepIdle = (int)world.Settings.Profile.KeepaliveIdle.TotalSeconds;
    private int _keepInterval = (int)world.Settings.Profile.KeepaliveInterval.TotalSeconds;
    private int _keepProbes = world.Settings.Profile.KeepaliveProbes;

    /// <summary>The most that waits in the kernel's send buffer.</summary>
    private long Limit => _sendBuffer > 0 ? _sendBuffer : world.Settings.SendBuffer;

    internal int SetOption(int level, int name, ReadOnlySpan<byte> bytes)
    {
        var value = bytes.Length >= 4 ? BitConverter.ToInt32(bytes) : bytes.Length > 0 ? bytes[0] : 0;
        switch (level, name)
        {
            case (Linux.SOL_SOCKET, Linux.SO_REUSEADDR):
                _reusesAddress = value != 0;
                break;
            case (Linux.SOL_SOCKET, Linux.SO_REUSEPORT):
                _reusesPort = value != 0;
                break;
            case (Linux.SOL_SOCKET, Linux.SO_SNDBUF):
                _sendBuffer = Math.Max(2 * value, 4608);
                break;
            case (Linux.SOL_SOCKET, Linux.SO_LINGER) when bytes.Length >= 8:
                _linger = value == 0 ? -1 : BitConverter.ToInt32(bytes[4..]);
                break;
            case (Linux.SOL_SOCKET, Linux.SO_KEEPALIVE):
                _keepsAlive = value != 0;
                break;
            case (Linux.SOL_TCP, Linux.TCP_NODELAY):
                _noDelay = value != 0;
                if (_connection is { } delayed)
                {
                    delayed.IsNoDelay = _noDelay;
                    delayed.SendWaiting(world.Now);
                }

                return 0;
            case (Linux.SOL_TCP, Linux.TCP_CORK):
                _isCorked = value != 0;
                _connection?.SetCorked(_isCorked, world.Now);
                return 0;
            case (Linux.SOL_TCP, Linux.TCP_MAXSEG):
                _segmentSize = value;
                if (_listener is not null)
                {
                    _listener.SegmentSize = value;
                }

                break;
            case (Linux.SOL_TCP, Linux.TCP_KEEPIDLE):
                _keepIdle = value;
                break;
            case (Linux.SOL_TCP, Linux.TCP_KEEPINTVL):
                _keepInterval = value;
                break;
            case (Linux.SOL_TCP, Linux.TCP_KEEPCNT):
                _keepProbes = value;
                break;
            case (Linux.SOL_TCP, Linux.TCP_USER_TIMEOUT):
                _userTimeout = value;
                break;
            case (Linux.SOL_TCP, Linux.TCP_NOTSENT_LOWAT):
                _notSentLowWater = value == 0 ? world.Settings.NotSentLowWater : (uint)value;
                _others[(level, name)] = value;
                return 0;
            case (Linux.SOL_TCP, Linux.TCP_FASTOPEN_CONNECT):
                _connectsWithText = value != 0;
                return 0;
            case (Linux.SOL_TCP, Linux.TCP_INQ):
                WantsQueueLength = value != 0;
                return 0;
            default:
                _others[(level, name)] = value;
                return 0;
        }

        if (_connection is { } connection)
        {
            ApplyOptions(connection);
        }

        return 0;
    }

    /// <summary>Writes the value; returns its length or minus the error number.</summary>
    internal int GetOption(int level, int name, Span<byte> room)
    {
        switch (level, name)
        {
            case (Linux.SOL_TCP, Linux.TCP_INFO):
                Span<byte> info = stackalloc byte[TcpInfoLayout.Length];
                TcpInfoLayout.Write(_connection, info, world.Now, _segmentSize);
                var length = Math.Min(info.Length, room.Length);
                info[..length].CopyTo(room);
                return length;
            case (Linux.SOL_TCP, Linux.TCP_CC_INFO):
                return 0;
            case (Linux.SOL_SOCKET, Linux.SO_MEMINFO):
                room.Clear();
                return Math.Min(room.Length, 36);
            case (Linux.SOL_SOCKET, Linux.SO_LINGER) when room.Length >= 8:
                BitConverter.TryWriteBytes(room, _linger >= 0 ? 1 : 0);
                BitConverter.TryWriteBytes(room[4..], Math.Max(0, _linger));
                return 8;
        }

        var value = (level, name) switch
        {
            (Linux.SOL_SOCKET, Linux.SO_ERROR) => TakeError(),
            (Linux.SOL_SOCKET, Linux.SO_TYPE) => Linux.SOCK_STREAM,
            (Linux.SOL_SOCKET, Linux.SO_REUSEADDR) => _reusesAddress ? 1 : 0,
            (Linux.SOL_SOCKET, Linux.SO_REUSEPORT) => _reusesPort ? 1 : 0,
            (Linux.SOL_SOCKET, Linux.SO_SNDBUF) => (int)Limit,
            (Linux.SOL_SOCKET, Linux.SO_RCVBUF) when !_others.ContainsKey((level, name)) =>
                _connection?.Info().ReceiveBuffer ?? world.Settings.Profile.InitialReceiveBuffer,
            (Linux.SOL_SOCKET, Linux.SO_KEEPALIVE) => _keepsAlive ? 1 : 0,
            (Linux.SOL_TCP, Linux.TCP_NODELAY) => _noDelay ? 1 : 0,
            (Linux.SOL_TCP, Linux.TCP_CORK) => _isCorked ? 1 : 0,
            (Linux.SOL_TCP, Linux.TCP_MAXSEG) =>
                _connection is { State: not TcpState.SynSent } c ? c.Info().SegmentSize : _segmentSize > 0 ? _segmentSize : 536,
            (Linux.SOL_TCP, Linux.TCP_KEEPIDLE) => _keepIdle,
            (Linux.SOL_TCP, Linux.TCP_KEEPINTVL) => _keepInterval,
            (Linux.SOL_TCP, Linux.TCP_KEEPCNT) => _keepProbes,
            (Linux.SOL_TCP, Linux.TCP_USER_TIMEOUT) => _userTimeout,
            _ => _others.GetValueOrDefault((level, name)),
        };
        BitConverter.GetBytes(value).AsSpan(0, Math.Min(4, room.Length)).CopyTo(room);
        return Math.Min(4, room.Length);
    }

    private void ApplyOptions(TcpConnection connection)
    {
        // What the socket takes is decided by Room, as the kernel's accounting does; the stack's own buffer must not be in its way.
        connection.SetSendBuffer((int)Math.Min(Limit + 200_000, 1 << 28));
        connection.SetUserTimeout(_userTimeout == 0 ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(_userTimeout));
        if (_keepsAlive)
        {
            connection.EnableKeepalive(world.Now, TimeSpan.FromSeconds(_keepIdle), TimeSpan.FromSeconds(_keepInterval), _keepProbes);
        }
    }
}
