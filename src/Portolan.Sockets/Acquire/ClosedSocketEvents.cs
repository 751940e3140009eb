using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Sockets.Acquire;

namespace Portolan.Sockets;

/// <summary>Hears from the kernel which TCP sockets of this network namespace end, with their last tcp_info. No privilege needed.</summary>
/// <remarks>
/// The reports are SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY (linux/sock_diag.h). The kernel writes them some time after the
/// socket ended. It drops those that the receive buffer has no room for, and says that it did, not how many.
/// </remarks>
public sealed class ClosedSocketEvents : IDisposable
{
    private const int Tcp4Group = 1;
    private const int Tcp6Group = 3;
    private const int BufferBytes = 8 * 1024 * 1024;
    private const int LargestDatagram = 16 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly List<NetlinkSocket> _sockets = [];
    private readonly List<Thread> _threads = [];
    private SocketTable _table = new();
    private int _overruns;
    private volatile bool _isEnding;

    private ClosedSocketEvents()
    {
    }

    /// <summary>How often reports were dropped.</summary>
    public int Overruns => Volatile.Read(ref _overruns);

    /// <summary>Begins to listen.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static ClosedSocketEvents Open()
    {
        var events = new ClosedSocketEvents();
        try
        {
            events.Listen(Tcp4Group);
            events.Listen(Tcp6Group);
            return events;
        }
        catch
        {
            events.Dispose();
            throw;
        }
    }

    /// <summary>Takes the sockets that ended since the last call.</summary>
    public SocketTable Take()
    {
        lock (_lock)
        {
            var taken = _table;
            _table = new SocketTable();
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isEnding = true;
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private void Listen(int group)
    {
        var socket = NetlinkSocket.Listen(NetlinkFamily.SocketDiagnostics, group, BufferBytes);
        _sockets.Add(socket);
        var thread = new Thread(() => Hear(socket)) { IsBackground = true, Name = "closed sockets" };
        _threads.Add(thread);
        thread.Start();
    }

    private void Hear(NetlinkSocket socket)
    {
        var buffer = new byte[LargestDatagram];
        while (!_isEnding)
        {
            if (!socket.Wait(Patience))
            {
                continue;
            }

            var receipt = socket.Receive(buffer);
            if (receipt.Errno == Errno.NoBufferSpace)
            {
                Interlocked.Increment(ref _overruns);
            }
            else if (receipt.Errno == 0 && receipt.SenderPortId == 0 && receipt.Length <= buffer.Length)
            {
                Take(buffer.AsSpan(0, receipt.Length));
            }
        }
    }

    private void Take(ReadOnlySpan<byte> datagram)
    {
        lock (_lock)
        {
            var decoder = new InetDiagDecoder(_table, SocketProtocol.Tcp, 0, uint.MaxValue);
            var messages = new NetlinkMessages(datagram);
            while (messages.MoveNext())
            {
                if (messages.Header.Type == InetDiagRequest.SocketDiagnosticsByFamily)
                {
                    decoder.Visit(messages.Header.Type, messages.Payload);
                }
            }
        }
    }
}
