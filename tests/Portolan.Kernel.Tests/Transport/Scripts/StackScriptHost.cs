using System.Net;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>The stack's TCP over IP in virtual time.</summary>
internal sealed class StackScriptHost(TcpProfile profile) : IScriptHost
{
    /// <summary>How long a step takes, about as with the kernel.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMicroseconds(20);

    private readonly byte[] _buffer = new byte[1 << 20];
    private IpHost? _ip;
    private TcpLayer? _tcp;
    private IpInterface? _interface;
    private SentFrames? _frames;
    private Instant _now = new(1000L * 1_000_000_000);
    private TcpListener? _listener;
    private TcpConnection? _connection;
    private bool _isWriteShut;
    private bool _wasErrorTold;
    private ushort _localPort;
    private ushort _peerPort;

    /// <summary>The profile of Linux with an answer to each segment that deserves one, as the kernel is set.</summary>
    internal static TcpProfile Answering { get; } = TcpProfile.Linux with
    {
        ChallengeInterval = TimeSpan.Zero,
        ChallengesPerSecond = 100_000_000,
    };

    /// <summary>The state also where the program has no connection, for who wants to know why hosts differ.</summary>
    public string Inner =>
        _tcp!.Pairs().Select(static pair => (pair.State ?? TcpState.Closed).Name()).FirstOrDefault()
            ?? (_listener is null ? "CLOSED" : "LISTEN");

    public string State => _connection is null ? "" : _connection.State == TcpState.TimeWait ? "CLOSED" : _connection.State.Name();

    public void Begin(ushort localPort, ushort peerPort)
    {
        (_localPort, _peerPort) = (localPort, peerPort);
        var pool = new PacketPool(new PacketPoolOptions { SlabLength = 128 << 10 });
        _ip = new IpHost(new IpHostOptions { Seed = localPort }, pool);
        _frames = new SentFrames();
        _interface =
            _ip.AddInterface(new IpInterfaceOptions { Name = "tun0", Layer = LinkLayer.Ip, LinkLocal = LinkLocalChoice.None }, _frames);
        _ip.AddAddress(_interface, AddressOf(IScriptHost.Address), 24, skipsDetection: true);
        var range = new EphemeralRange(new PortRange(new PortNumber(32_768), new PortNumber(60_999)), new PortSet());
        _tcp = new TcpLayer(_ip, pool, new PortTable(new LinuxBindRules(), range, 2), new TcpLayerOptions
        {
            Seed = localPort,
            Profile = profile,
        });
        _ip.Register(IpProtocol.Tcp, _tcp);
        _ip.AdvanceTo(_now);
        (_listener, _connection, _isWriteShut, _wasErrorTold) = (null, null, false, false);
        Settle();
        Take();
    }

    public void Listen(bool isFast)
    {
        var request = new TcpListenRequest(
            AddressOf(IScriptHost.Address), new PortNumber(_localPort), Backlog: 17)
        { FastOpenQueue = isFast ? 16 : 0 };
        Assert.True(_tcp!.TryListen(request, out _listener, out var result), $"{result}");
    }

    public void Connect(int? text)
    {
        var request = new TcpConnectRequest(
            AddressOf(IScriptHost.Peer), new PortNumber(_peerPort), AddressOf(IScriptHost.Address), new PortNumber(_localPort),
            ReuseAddress: true)
        {
            UsesFastOpen = text is not null,
            FirstBytes = _buffer.AsMemory(0, text ?? 0),
        };
        var result = _tcp!.Connect(request, _now);
        Assert.NotNull(result.Connection);
        _connection = result.Connection;
        _connection.IsNoDelay = true;
        Settle();
    }

    public bool Accept()
    {
        if (_connection is not null || _listener is null || !_listener.TryAccept(out _connection))
        {
            return false;
        }

        _connection.IsNoDelay = true;
        Settle();
        return true;
    }

    public string Write(int count)
    {
        if (_connection is null)
        {
            return "no socket";
        }

        if (_connection.State == TcpState.SynSent
            || (_connection.State == TcpState.SynReceived && _connection.Info().FastOpen == TcpFastOpenOutcome.None))
        {
            return "wait";
        }

        if (_isWriteShut || IsOver)
        {
            TakeError();
            return "error";
        }

        var taken = _connection.Write(_buffer.AsSpan(0, count), _now);
        Settle();
        return taken == 0 ? "wait" : $"{taken}";
    }

    public string Read()
    {
        if (_connection is null)
        {
            return "no socket";
        }

        var total = 0;
        while (_connection.Readable > 0)
        {
            total += _connection.Read(_buffer, _now);
        }

        Settle();
        return $"{total}, {(TakeError() ? "error" : _connection.IsAtEnd ? "end" : "wait")}";
    }

    public void ShutdownWrite()
    {
        if (_connection is { State: not (TcpState.Closed or TcpState.TimeWait) })
        {
            _isWriteShut = true;
            _connection.Shutdown(_now);
            Settle();
        }
    }

    public void Close()
    {
        _connection?.Close(_now);
        _connection = null;
        Settle();
    }

    public void Abort()
    {
        _connection?.Abort(_now);
        _connection = null;
        Settle();
    }

    public void Inject(ReadOnlySpan<byte> packet)
    {
        _ip!.OnFrame(_interface!.Number, packet, _now);
        Settle();
    }

    public void Wait(TimeSpan time) => AdvanceTo(_now + time);

    public IReadOnlyList<byte[]> Take()
    {
        AdvanceTo(_now + Step);
        byte[][] all = [.. _frames!.Waiting];
        _frames.Waiting.Clear();
        return all;
    }

    public bool End() => true;

    public void Dispose()
    {
    }

    private static InternetAddress AddressOf(IPAddress address) => InternetAddress.FromBytes(address.GetAddressBytes());

    private bool IsOver => _connection!.State is TcpState.Closed or TcpState.TimeWait;

    /// <summary>Sockets tell an error once, and none after the peer's end of the stream.</summary>
    private bool TakeError()
    {
        var isNew = !_wasErrorTold && IsOver && _connection!.Error != TcpError.None && !_connection.HasPeerFin;
        _wasErrorTold |= isNew;
        return isNew;
    }

    private void AdvanceTo(Instant time)
    {
        Settle();
        while (_ip!.NextDeadline is var next && next <= time)
        {
            _now = next > _now ? next : new Instant(_now.Nanoseconds + 1000);
            Settle();
        }

        _now = time;
        _ip.AdvanceTo(time);
        Settle();
    }

    private void Settle()
    {
        for (var i = 0; i < 1000 && _ip!.NextDeadline <= _now; i++)
        {
            _ip.OnTimer(_now);
        }

        _ip!.Flush();
    }

    private sealed class SentFrames : IFrameSender
    {
        private readonly byte[] _room = new byte[66_000];

        internal List<byte[]> Waiting { get; } = [];

        public Span<byte> Reserve() => _room;

        public void Commit(int length) => Waiting.Add(_room.AsSpan(0, length).ToArray());

        public SendReport Flush() => new(0, 0, SendFailure.None, 0);

        public void Dispose()
        {
        }
    }
}
