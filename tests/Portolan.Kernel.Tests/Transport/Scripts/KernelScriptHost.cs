using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Tun;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>
/// The kernel's TCP in a namespace, behind a TUN device. What is written into the device is taken before the write returns, and what the
/// kernel answers at once waits in the device by then, so nothing has to be waited for.
/// </summary>
internal sealed class KernelScriptHost : IScriptHost
{
    // linux/tcp.h.
    private const int LevelTcp = 6;
    private const int TcpInfo = 11;
    private const int FastOpen = 23;
    private const int MostConnects = 20;
    private const int FastOpenConnect = 30;

    /// <summary>The shortest timer: a delayed acknowledgment.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(30);

    private static readonly string[] States =
        ["", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSED", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN",
            "CLOSING"];

    private readonly LabHost _host;
    private readonly TunLink _link;
    private readonly IFrameSender _sender;
    private readonly IFrameReceiver _receiver;
    private readonly FrameCollector _frames = new();
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly Stopwatch _watch = new();
    private Socket? _listener;
    private Socket? _socket;
    private int _waiting;
    private bool _knowsServers;
    private ushort _localPort;
    private ushort _peerPort;

    private KernelScriptHost(LabHost host, TunLink link)
    {
        (_host, _link) = (host, link);
        (_sender, _receiver) = (link.OpenSender(), link.OpenReceiver(default!));
    }

    /// <summary>Makes the namespace; skips where that is not allowed.</summary>
    /// <param name="limitsAnswers">Whether answers are limited as they usually are (RFC 5961 section 7).</param>
    internal static KernelScriptHost Create(bool limitsAnswers = false)
    {
        var host = TunLab.NewHost();
        try
        {
            var link = host.Run(() => TunLink.Open(new TunOptions { Name = "tun0", UsesOffload = false }));
            host.Ip("link set tun0 up");
            host.Address("tun0", IScriptHost.Address + "/24");

            // Nothing is to be remembered from one script to the next.
            host.Setting("net/ipv4/tcp_no_metrics_save", "1");

            // The usual limits, which some kernels have raised.
            host.Setting("net/ipv4/tcp_rmem", "4096 131072 6291456");
            host.Setting("net/ipv4/tcp_wmem", "4096 16384 4194304");

            // An answer to each segment that deserves one, and TIME-WAIT that no RST ends (RFC 1337).
            host.Setting("net/ipv4/tcp_invalid_ratelimit", limitsAnswers ? "500" : "0");
            host.Setting("net/ipv4/tcp_rfc1337", "1");

            // For those who ask, as a client and as a server.
            host.Setting("net/ipv4/tcp_fastopen", "3");
            return new KernelScriptHost(host, link);
        }
        catch (LinuxException exception) when (exception.IsPermission || exception.Errno == Errno.NoEntry)
        {
            host.Dispose();
            Assert.Skip(exception.Message);
            throw;
        }
    }

    public string State
    {
        get
        {
            if (_socket is null)
            {
                return "";
            }

            Span<byte> info = stackalloc byte[8];
            return _socket.GetRawSocketOption(LevelTcp, TcpInfo, info) > 0 ? States[info[0]] : "";
        }
    }

    /// <summary>It tells only of what the program has.</summary>
    public string Inner => "";

    public void Begin(ushort localPort, ushort peerPort)
    {
        (_localPort, _peerPort, _waiting) = (localPort, peerPort, 0);
        if (_knowsServers)
        {
            // What an earlier script has learned of servers is forgotten.
            _host.Ip("tcp_metrics flush");
            _knowsServers = false;
        }

        Take();
        _watch.Restart();
    }

    public void Listen(bool isFast)
    {
        _listener = New();
        if (isFast)
        {
            _listener.SetRawSocketOption(LevelTcp, FastOpen, BitConverter.GetBytes(16));
        }

        _listener.Listen(16);
    }

    public void Connect(int? text)
    {
        // A pair that nobody has was once refused, on a busy machine: it is asked for again.
        for (var tries = 1; !TryConnect(text is not null, isLast: tries == MostConnects); tries++)
        {
            Thread.Sleep(10);
        }

        if (text is { } count)
        {
            // The SYN leaves with the first write where a cookie is known; else it has left, and nothing is taken yet.
            _waiting = _socket!.Send(_buffer.AsSpan(0, count), SocketFlags.None, out var error) == count && error == SocketError.Success
                ? 0
                : count;
        }
    }

    private bool TryConnect(bool isFast, bool isLast)
    {
        _socket = New();
        if (isFast)
        {
            _knowsServers = true;
            _socket.SetRawSocketOption(LevelTcp, FastOpenConnect, BitConverter.GetBytes(1));
        }

        try
        {
            _socket.Connect(new IPEndPoint(IScriptHost.Peer, _peerPort));
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // As it must be.
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressNotAvailable && !isLast)
        {
            _socket.Dispose();
            return false;
        }

        return true;
    }

    public bool Accept()
    {
        if (_socket is not null || _listener is null || !_listener.Poll(0, SelectMode.SelectRead))
        {
            return false;
        }

        _socket = _listener.Accept();
        _socket.Blocking = false;
        _socket.NoDelay = true;
        return true;
    }

    public string Write(int count)
    {
        if (_socket is null)
        {
            return "no socket";
        }

        var sent = _socket.Send(_buffer.AsSpan(0, count), SocketFlags.None, out var error);
        return error == SocketError.Success ? $"{sent}" : Name(error);
    }

    public string Read()
    {
        if (_socket is null)
        {
            return "no socket";
        }

        var total = 0;
        while (true)
        {
            var count = _socket.Receive(_buffer, SocketFlags.None, out var error);
            if (error != SocketError.Success || count == 0)
            {
                return $"{total}, {(error == SocketError.Success ? "end" : Name(error))}";
            }

            total += count;
        }
    }

    public void ShutdownWrite()
    {
        try
        {
            _socket?.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.NotConnected)
        {
            // It is over already.
        }
    }

    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }

    public void Abort()
    {
        _socket?.Close(0);
        _socket = null;
    }

    public void Inject(ReadOnlySpan<byte> packet)
    {
        packet.CopyTo(_sender.Reserve());
        _sender.Commit(packet.Length);
        _sender.Flush();
        if (_waiting > 0 && _socket!.Send(_buffer.AsSpan(0, _waiting), SocketFlags.None, out var error) > 0 && error == SocketError.Success)
        {
            _waiting = 0;
        }
    }

    public void Wait(TimeSpan time)
    {
        _watch.Stop();
        Thread.Sleep(time);
        _watch.Start();
    }

    public IReadOnlyList<byte[]> Take()
    {
        _frames.Frames.Clear();
        while (_receiver.Receive(_frames, TimeSpan.Zero) > 0)
        {
        }

        return [.. _frames.Frames];
    }

    public bool End()
    {
        _watch.Stop();
        Abort();
        _listener?.Dispose();
        _listener = null;
        Take();
        return _watch.Elapsed < Shortest;
    }

    public void Dispose()
    {
        End();
        _receiver.Dispose();
        _sender.Dispose();
        _link.Dispose();
        _host.Dispose();
    }

    /// <summary>Which error it is, tests of sockets compare.</summary>
    private static string Name(SocketError error) => error == SocketError.WouldBlock ? "wait" : "error";

    private Socket New()
    {
        var socket = _host.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            Blocking = false,
        });
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
        socket.Bind(new IPEndPoint(IScriptHost.Address, _localPort));
        return socket;
    }
}
