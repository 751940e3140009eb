using System.Buffers.Binary;
using System.Text;
using Portolan.Linux;
using Portolan.Linux.Bpf.Traffic;
using Portolan.Sockets;

namespace Portolan.Traffic.Counting;

/// <summary>Counts by programs at the kernel's tracepoints, and reads tcp_info of what lives besides.</summary>
/// <remarks>
/// <para>Bytes of a TCP connection are those of the kernel's own counters: read when counting begins, at each look, and by a program when
/// the socket closes. So what splice(2) moves is counted, and what a program handed over but the kernel never sent is not. The calls say
/// whose they are. Bytes of datagrams and of MPTCP connections are those of the calls.</para>
/// <para>Order: the programs run before the first look, and each look reads the sockets before it reads what the programs wrote. A socket
/// that closes in between is then seen closed, with its last figures.</para>
/// </remarks>
public sealed class TracedCounter : TrafficCounter
{
    private const SocketProtocols Datagrams = SocketProtocols.Udp | SocketProtocols.UdpLite;

    /// <summary>Looks without a change after which a datagram socket rests.</summary>
    private const int RestingLooks = 10;

    /// <summary>"Did the kernel choose the port?" (INET_DIAG_BC_AUTO, 6): yes accepts, no refuses.</summary>
    private static readonly byte[] KernelChoseThePort = [6, 4, 8, 0];

    private readonly TrafficOptions _options;
    private readonly TrafficTracer _tracer;
    private readonly FlowBook _book = new();
    private readonly List<SocketCallKey> _callKeys = [];
    private readonly HashSet<ulong> _elsewhere = [];
    private readonly HashSet<ulong> _listed = [];
    private IReadOnlyList<MissingFact> _missing = [];
    private IReadOnlyList<NetworkNamespace> _namespaces = [];
    private DialledDestinations? _translated;
    private ulong _ownNamespace;
    private int _look;
    private int _unreported;

    private TracedCounter(TrafficOptions options, TrafficTracer tracer) => (_options, _tracer) = (options, tracer);

    /// <inheritdoc/>
    public override TrafficMethod Method => TrafficMethod.Tracepoints;

    /// <summary>Begins to count.</summary>
    /// <exception cref="LinuxException">The kernel refuses, or lacks what is needed.</exception>
    public static TracedCounter Begin(TrafficOptions options, CancellationToken cancellationToken)
    {
        var counter = new TracedCounter(options, TrafficTracer.Open());
        try
        {
            counter.ReadSockets(cancellationToken);
            return counter;
        }
        catch
        {
            counter.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override TrafficReading Read(CancellationToken cancellationToken)
    {
        ReadSockets(cancellationToken);
        ReadTraced(cancellationToken);
        TakeOut();
        var losses = new TrafficLosses(_tracer.CountLosses(), 0, null, null, null) { Unreported = _unreported };
        return new TrafficReading(_book.All, losses)
        {
            Missing = _missing,
            Namespaces = _namespaces,
            ListenerOf = _book.ListenerOf,
        };
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _tracer.Dispose();

    private void ReadSockets(CancellationToken cancellationToken)
    {
        _look++;
        var everywhere = _options.AllNamespaces;
        var query = new SocketQuery { Protocols = SocketProtocols.Tcp | Datagrams, TcpDetails = true, AllNamespaces = everywhere };
        var snapshot = _options.Sockets.Read(query, cancellationToken);
        _missing = snapshot.Missing;
        _namespaces = snapshot.Namespaces;
        _ownNamespace = snapshot.Namespaces[0].Inode;
        _listed.Clear();
        var sockets = snapshot.Sockets;
        for (var index = 0; index < sockets.Count; index++)
        {
            ref readonly var entry = ref sockets[index];
            var space = snapshot.Namespaces[entry.NamespaceIndex].Inode;
            if (entry.Protocol != SocketProtocol.Tcp)
            {
                _listed.Add(entry.Cookie);
            }

            if (entry.State is SocketState.Listen or SocketState.Unconnected)
            {
                _book.AddListener(space, entry);
            }
            else if (entry.Protocol == SocketProtocol.Tcp && entry.TcpDetailsIndex >= 0 && (entry.Flags & SocketFlags.MptcpSubflow) == 0)
            {
                TakeListed(entry, sockets.TcpDetails[entry.TcpDetailsIndex], space);
            }
        }

        ReadChosen(everywhere, cancellationToken);
    }

    private void TakeListed(in SocketEntry entry, in TcpDetails details, ulong space)
    {
        if (_book.HasEnded(entry.Cookie))
        {
            return;
        }

        var isFirstLook = _look == 1;
        if (!_book.TryFind(entry.Cookie, out var flow))
        {
            flow = _book.Add(entry.Cookie);
            TcpFigures.Identify(flow, entry, space);
            flow.HasBase = true;
            flow.New = isFirstLook ? 0 : 1;
        }

        if (flow.IsClosed || !flow.HasBase)
        {
            return;
        }

        TcpFigures.Take(flow, entry, details);
        flow.LastLook = _look;
        if (isFirstLook)
        {
            (flow.BaseIn, flow.BaseOut, flow.BaseRetransmits) = (flow.TotalIn, flow.TotalOut, flow.TotalRetransmits);
        }
    }

    /// <summary>Only the filter of the kernel knows whether a port was chosen or asked for.</summary>
    private void ReadChosen(bool everywhere, CancellationToken cancellationToken)
    {
        var chosen = _options.Sockets.Read(
            new SocketQuery { Protocols = Datagrams, Bytecode = KernelChoseThePort, AllNamespaces = everywhere }, cancellationToken);
        foreach (var source in chosen.Sources)
        {
            // Anything but netlink does not filter.
            if ((source.Protocols & Datagrams) != 0 && source.Source != "netlink")
            {
                return;
            }
        }

        _book.ForgetChosen();
        for (var index = 0; index < chosen.Sockets.Count; index++)
        {
            _book.AddChosen(chosen.Sockets[index].Cookie);
        }
    }

    private void ReadTraced(CancellationToken cancellationToken)
    {
        _callKeys.Clear();
        _elsewhere.Clear();
        _translated = _options.ReadTranslated(cancellationToken);
        _tracer.ReadSockets(TakeTraced);
        _tracer.ReadCalls(TakeCalls);
        foreach (var flow in _book.Open)
        {
            if (flow.Role == FlowRole.Unknown)
            {
                flow.Role = _book.RoleOf(flow, _options.EphemeralPorts);
            }
        }
    }

    private void TakeTraced(ulong cookie, TracedSocket socket)
    {
        if (socket.IsMptcpSubflow || _book.HasEnded(cookie) || !IsWanted(socket))
        {
            _elsewhere.Add(cookie);
            if ((socket.Flags & TracedSocketFlags.Closed) != 0)
            {
                _tracer.TryTakeSocket(cookie, out _);
            }

            return;
        }

        var began = (socket.Flags & (TracedSocketFlags.Connected | TracedSocketFlags.Accepted)) != 0;
        if (!_book.TryFind(cookie, out var flow))
        {
            flow = _book.Add(cookie);
            flow.HasBase = began;
        }

        Identify(flow, socket);
        if (began)
        {
            flow.New = 1;
            flow.Role = (socket.Flags & TracedSocketFlags.Accepted) != 0 ? FlowRole.Server : FlowRole.Client;
        }

        if ((socket.Flags & TracedSocketFlags.Closed) == 0 || flow.IsClosed)
        {
            return;
        }

        flow.IsClosed = true;
        flow.State = SocketState.Closed;
        flow.LastLook = _look;
        if (flow.HasBase && flow.Protocol == SocketProtocol.Tcp)
        {
            var fin = (socket.Flags & TracedSocketFlags.Finished) != 0 ? Math.Min(1, socket.BytesReceived) : 0;
            flow.Counts = true;
            flow.TotalIn = socket.BytesReceived - fin;
            flow.TotalOut = socket.BytesSent - Math.Min(socket.BytesSent, socket.BytesRetransmitted);
            flow.TotalRetransmits = socket.Retransmits;
            flow.RoundTripMicroseconds = socket.EightfoldRoundTrip / 8;
        }
    }

    private void TakeCalls(SocketCallKey key, SocketCalls calls)
    {
        if (!_book.TryFind(key.Cookie, out var flow))
        {
            if (_book.HasEnded(key.Cookie) || _elsewhere.Contains(key.Cookie))
            {
                _tracer.TryTakeCalls(key, out _);
            }

            return;
        }

        var share = flow.ShareOf(key.ProcessId);
        if (share.Command.Length == 0)
        {
            var room = calls.Command;
            ReadOnlySpan<byte> command = room;
            var end = command.IndexOf((byte)0);
            share.Command = Encoding.UTF8.GetString(end < 0 ? command : command[..end]);
            share.CgroupId = calls.CgroupId;
        }

        if ((share.CountedCallsIn, share.CountedCallsOut) != (calls.CallsIn, calls.CallsOut) && !flow.IsClosed)
        {
            flow.LastLook = _look;
        }

        share.CountedIn = calls.BytesIn;
        share.CountedOut = calls.BytesOut;
        share.CountedCallsIn = calls.CallsIn;
        share.CountedCallsOut = calls.CallsOut;
        if (flow.IsClosed || flow.IsDatagram)
        {
            _callKeys.Add(key);
        }
    }

    /// <summary>
    /// Takes out of the kernel's maps what is done with: closed connections one look later, datagram sockets that rest and are gone.
    /// </summary>
    private void TakeOut()
    {
        foreach (var key in _callKeys)
        {
            if (!_book.TryFind(key.Cookie, out var flow) || !IsDone(flow) || !_tracer.TryTakeCalls(key, out var calls))
            {
                continue;
            }

            var share = flow.ShareOf(key.ProcessId);
            share.TakenIn += calls.BytesIn;
            share.TakenOut += calls.BytesOut;
            share.TakenCallsIn += calls.CallsIn;
            share.TakenCallsOut += calls.CallsOut;
            share.CountedIn = share.CountedOut = share.CountedCallsIn = share.CountedCallsOut = 0;
        }

        List<TrafficFlow>? done = null;
        foreach (var flow in _book.Open)
        {
            if (IsDone(flow))
            {
                (done ??= []).Add(flow);
            }
        }

        foreach (var flow in done ?? [])
        {
            _tracer.TryTakeSocket(flow.Cookie, out _);
            _unreported += flow.IsClosed || flow.IsDatagram ? 0 : 1;
            flow.IsClosed = true;
            _book.End(flow);
        }
    }

    /// <summary>
    /// A datagram socket that is not listed is gone, or of another namespace: should it send again it is met as a new one, and nothing is
    /// lost. A connection that was listed and is no more has ended unseen.
    /// </summary>
    private bool IsDone(TrafficFlow flow) => flow.IsClosed
        ? flow.LastLook < _look
        : flow.IsDatagram
            ? flow.LastLook + RestingLooks < _look && !_listed.Contains(flow.Cookie)
            : flow.Counts && flow.LastLook + 2 < _look;

    /// <summary>Sockets of other namespaces are counted where a peer reaches them through a port of this one.</summary>
    private bool IsWanted(in TracedSocket socket) => ProtocolOf(socket.Protocol) is not null
        && (_options.AllNamespaces || _ownNamespace == 0 || socket.Namespace == _ownNamespace || Dialled(socket) is not null);

    private PortNumber? Dialled(in TracedSocket socket) => ProtocolOf(socket.Protocol)?.Transport() is { } protocol
        ? _translated?.Dialled(protocol, AddressOf(socket, isLocal: false), socket.RemotePort, socket.LocalPort)
        : null;

    private void Identify(TrafficFlow flow, in TracedSocket socket)
    {
        flow.Protocol = ProtocolOf(socket.Protocol)!.Value;
        flow.DialledPort ??= Dialled(socket);
        flow.Namespace = socket.Namespace;
        flow.UserId = socket.UserId;
        flow.LocalPort = socket.LocalPort;
        flow.RemotePort = socket.RemotePort;
        flow.LocalAddress = AddressOf(socket, isLocal: true);
        flow.RemoteAddress = AddressOf(socket, isLocal: false);
        if (socket.Interface != 0)
        {
            flow.InterfaceIndex = (int)socket.Interface;
        }
    }

    private static InternetAddress AddressOf(in TracedSocket socket, bool isLocal)
    {
        var room = isLocal ? socket.Local : socket.Remote;
        ReadOnlySpan<byte> bytes = room;
        return socket.Family == 2
            ? InternetAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : InternetAddress.FromBytes(bytes);
    }

    // IPPROTO_… of linux/in.h.
    private static SocketProtocol? ProtocolOf(ushort number) => number switch
    {
        6 => SocketProtocol.Tcp,
        17 => SocketProtocol.Udp,
        33 => SocketProtocol.Dccp,
        132 => SocketProtocol.Sctp,
        136 => SocketProtocol.UdpLite,
        262 => SocketProtocol.Mptcp,
        _ => null,
    };
}
