using System.Globalization;
using Portolan.Linux;
using Portolan.Sockets;
using Portolan.Traffic.Machine;

namespace Portolan.Traffic.Counting;

/// <summary>
/// Counts without privilege: tcp_info of all connections at each look, and the kernel's reports of connections that end in between.
/// </summary>
/// <remarks>
/// A connection that begins and ends between two looks is known by the report of its end alone. Where the kernel drops reports, its own
/// counters say how many connections were never seen. The bytes of datagram sockets are not to be had this way.
/// </remarks>
public sealed class PolledCounter : TrafficCounter
{
    /// <summary>How long reports of connections that are gone are waited for at a look: the kernel writes them a little later.</summary>
    private static readonly TimeSpan ReportTime = TimeSpan.FromMilliseconds(200);

    /// <summary>How many connections are remembered whose reports may still come.</summary>
    private const int MostLate = 4096;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly TrafficOptions _options;
    private readonly ClosedSocketEvents _events;
    private readonly ProtocolCounters? _before;
    private readonly FlowBook _book = new();
    private readonly Dictionary<ulong, TrafficFlow> _late = [];
    private IReadOnlyList<MissingFact> _missing = [];
    private IReadOnlyList<NetworkNamespace> _namespaces = [];
    private ulong _ownNamespace;
    private int _look;
    private int _unreported;
    private long _seenNew;
    private long _ended;
    private ulong _endedIn;
    private ulong _endedOut;

    private PolledCounter(TrafficOptions options, ClosedSocketEvents events)
    {
        (_options, _events) = (options, events);
        _before = ProtocolCounters.Read();
    }

    /// <inheritdoc/>
    public override TrafficMethod Method => TrafficMethod.Polling;

    /// <summary>Begins to count.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static PolledCounter Begin(TrafficOptions options, CancellationToken cancellationToken)
    {
        var counter = new PolledCounter(options, (options.OpenEvents ?? ClosedSocketEvents.Open)());
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
        var gone = TakeReports(cancellationToken);
        foreach (var flow in gone)
        {
            // Its report is late, or was dropped: what it carried since the last look is not known.
            if (_late.Count < MostLate)
            {
                _late[flow.Cookie] = flow;
            }

            _unreported++;
            Close(flow);
        }

        foreach (var flow in _book.Open)
        {
            if (flow.Role == FlowRole.Unknown)
            {
                flow.Role = _book.RoleOf(flow, _options.EphemeralPorts);
            }
        }

        return new TrafficReading(_book.All, Losses())
        {
            Missing = [.. _missing, .. WhatIsBlind()],
            Namespaces = _namespaces,
            ListenerOf = _book.ListenerOf,
        };
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _events.Dispose();

    private void ReadSockets(CancellationToken cancellationToken)
    {
        _look++;
        var query = new SocketQuery { Protocols = SocketProtocols.Tcp, TcpDetails = true, AllNamespaces = _options.AllNamespaces };
        var snapshot = _options.Sockets.Read(query, cancellationToken);
        _missing = snapshot.Missing;
        _namespaces = snapshot.Namespaces;
        _ownNamespace = snapshot.Namespaces[0].Inode;
        for (var index = 0; index < snapshot.Sockets.Count; index++)
        {
            ref readonly var entry = ref snapshot.Sockets[index];
            var space = snapshot.Namespaces[entry.NamespaceIndex].Inode;
            if (entry.State == SocketState.Listen)
            {
                _book.AddListener(space, entry);
            }
            else if (entry.TcpDetailsIndex >= 0 && entry.Cookie != 0)
            {
                TakeListed(entry, snapshot.Sockets.TcpDetails[entry.TcpDetailsIndex], space);
            }
        }
    }

    private void TakeListed(in SocketEntry entry, in TcpDetails details, ulong space)
    {
        if (_book.HasEnded(entry.Cookie))
        {
            return;
        }

        if (!_book.TryFind(entry.Cookie, out var flow))
        {
            flow = _book.Add(entry.Cookie);
            TcpFigures.Identify(flow, entry, space);
            flow.HasBase = true;
            flow.New = _look == 1 ? 0 : 1;
            _seenNew += flow.New;
        }

        TcpFigures.Take(flow, entry, details);
        flow.LastLook = _look;
        if (_look == 1)
        {
            (flow.BaseIn, flow.BaseOut, flow.BaseRetransmits) = (flow.TotalIn, flow.TotalOut, flow.TotalRetransmits);
        }
    }

    /// <summary>Takes the reports, and waits a little for those of connections that are no longer listed.</summary>
    /// <returns>Those for which none came.</returns>
    private List<TrafficFlow> TakeReports(CancellationToken cancellationToken)
    {
        var waited = TimeSpan.Zero;
        while (true)
        {
            var reports = _events.Take();
            for (var index = 0; index < reports.Count; index++)
            {
                if (reports[index].TcpDetailsIndex >= 0)
                {
                    TakeReport(reports[index], reports.TcpDetails[reports[index].TcpDetailsIndex]);
                }
            }

            // Reports are of this namespace alone.
            var gone = _book.Open.Where(f => f.LastLook < _look && f.Namespace == _ownNamespace).ToList();
            if (gone.Count == 0 || waited >= ReportTime)
            {
                return [.. gone, .. _book.Open.Where(f => f.LastLook < _look && f.Namespace != _ownNamespace)];
            }

            cancellationToken.WaitHandle.WaitOne(Pause);
            cancellationToken.ThrowIfCancellationRequested();
            waited += Pause;
        }
    }

    private void TakeReport(in SocketEntry entry, in TcpDetails details)
    {
        if (_late.Remove(entry.Cookie, out var late))
        {
            TakeFigures(late, details);
            _unreported--;
            return;
        }

        if (_book.HasEnded(entry.Cookie) || entry.LocalPort == 0)
        {
            return;
        }

        if (!_book.TryFind(entry.Cookie, out var flow))
        {
            if (details is { BytesAcknowledged: 0, BytesReceived: 0, BytesSent: 0 })
            {
                return; // never connected: a listener, or a failed attempt
            }

            flow = _book.Add(entry.Cookie);
            TcpFigures.Identify(flow, entry, _ownNamespace);
            flow.HasBase = true;
            flow.New = 1;
            _seenNew++;
        }

        TakeFigures(flow, details);
        if (flow.New > 0)
        {
            _ended++;
            _endedIn += flow.BytesIn ?? 0;
            _endedOut += flow.BytesOut ?? 0;
        }

        Close(flow);
    }

    /// <summary>
    /// The last figures of a connection. Its state says CLOSE, not whether a FIN came: nearly all connections end with one.
    /// </summary>
    private static void TakeFigures(TrafficFlow flow, in TcpDetails details)
    {
        flow.Counts = true;
        flow.TotalIn = Math.Max(flow.TotalIn, details.BytesReceived - Math.Min(1, details.BytesReceived));
        flow.TotalOut = details.BytesSent;
        flow.TotalRetransmits = details.TotalRetransmits;
        flow.RoundTripMicroseconds = details.RttMicroseconds;
    }

    private void Close(TrafficFlow flow)
    {
        flow.IsClosed = true;
        flow.State = SocketState.Closed;
        flow.LastLook = _look;
        flow.Role = flow.Role == FlowRole.Unknown ? _book.RoleOf(flow, _options.EphemeralPorts) : flow.Role;
        _book.End(flow);
    }

    private TrafficLosses Losses()
    {
        var opens = ProtocolCounters.Read() is { } now && _before is { } before ? now.Opens - before.Opens : (long?)null;

        // The counters of the kernel are of one namespace.
        var missed = opens is { } all && !_options.AllNamespaces ? Math.Max(0, all - _seenNew) : (long?)null;
        return new TrafficLosses(
            0, _events.Overruns, missed,
            missed is { } count && _ended > 0 ? (ulong)((decimal)count * _endedIn / _ended) : null,
            missed is { } same && _ended > 0 ? (ulong)((decimal)same * _endedOut / _ended) : null)
        {
            Unreported = _unreported,
        };
    }

    private IEnumerable<MissingFact> WhatIsBlind()
    {
        var counts = ProtocolCounters.Read() is { } now && _before is { } before
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" ({now.DatagramsIn - before.DatagramsIn} datagrams in, {now.DatagramsOut - before.DatagramsOut} out)")
            : "";
        yield return new MissingFact(
            MissingFactCode.DatagramBytes, $"the bytes of UDP sockets{counts}",
            $"the kernel has no per-socket counter: {_options.BetterWay}")
        {
            Protocol = SocketProtocol.Udp,
        };
    }
}
