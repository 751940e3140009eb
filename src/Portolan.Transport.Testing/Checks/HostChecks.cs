using Portolan.Model;
using Portolan.Transport.Tcp;

namespace Portolan.Transport.Testing.Checks;

/// <summary>
/// What must hold inside a host whenever an event is over: of each connection its numbers, scoreboard and timers
/// (<see cref="TcpLayer.FindFault"/>), that they only go forward, that the window is reduced once for what was in flight; and that ports
/// are held by sockets and by nobody else.
/// </summary>
internal sealed class HostChecks
{
    private readonly Dictionary<SimHost, PastHost> _pasts = [];

    /// <summary>Returns what is wrong, or <c>null</c>.</summary>
    internal string? Check(SimHost host)
    {
        if ((host.Tcp.FindFault() ?? FindFaultOfPorts(host)) is { } fault)
        {
            return fault;
        }

        if (!_pasts.TryGetValue(host, out var past))
        {
            _pasts.Add(host, past = new PastHost());
        }

        past.Opens = OpensOf(host);
        var pasts = past.Connections;
        var connections = host.Tcp.Connections;
        for (var id = 0; id < connections.Count; id++)
        {
            if (id == pasts.Count)
            {
                pasts.Add(default);
            }

            var now = connections[id] is { } connection ? new Past(connection) : default;
            if (now.Connection is not null && now.Connection == pasts[id].Connection)
            {
                now = now.After(pasts[id], out fault);
                if (fault is not null)
                {
                    return $"{now.Connection!.Local}:{now.Connection.LocalPort} to {now.Connection.Remote}:{now.Connection.RemotePort}: "
                        + $"{fault}";
                }
            }

            pasts[id] = now;
        }

        return null;
    }

    /// <summary>Whether a host has a connection with these ends, or had one when the event began, or opened any in it.</summary>
    internal bool Knew(
        SimHost host, InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber) =>
        host.Tcp.Knows(local, localPort, remote, remotePort, interfaceNumber)
        || !_pasts.TryGetValue(host, out var pasts) || pasts.Opens != OpensOf(host)
        || pasts.Connections.Exists(p => p.Connection is { } past
            && past.Local == local && past.LocalPort == localPort && past.Remote == remote && past.RemotePort == remotePort);

    private static long OpensOf(SimHost host) => host.Tcp.Counters.ActiveOpens + host.Tcp.Counters.PassiveOpens;

    /// <summary>
    /// Each connected socket holds one pair, each other socket one port, and the pairs in TIME-WAIT share those of the ports they rest at.
    /// </summary>
    private static string? FindFaultOfPorts(SimHost host)
    {
        var (pairs, connected) = (host.Ports.PairCount, host.Tcp.ConnectionCount + host.Udp.ConnectedCount);
        if (pairs != connected)
        {
            return $"{pairs} pairs are held, and {connected} sockets are connected";
        }

        var listening = host.Ports.Count - host.Ports.PairHolderCount - host.Ports.StandingCount
            - (host.Udp.SocketCount - host.Udp.ConnectedCount);
        return listening < 0 ? "fewer ports are held than there are sockets"
            : host.Ports.StandingCount > host.Tcp.TimeWaitCount ? "ports rest without a pair in TIME-WAIT"
            : host.Ports.StandingCount == 0 && host.Tcp.TimeWaitCount > 0 ? "pairs rest whose ports are free"
            : null;
    }

    private sealed class PastHost
    {
        internal List<Past> Connections { get; } = [];

        internal long Opens { get; set; }
    }

    /// <summary>How a connection was after the event before.</summary>
    private readonly struct Past(TcpConnection connection)
    {
        internal TcpConnection? Connection { get; } = connection;

        private SequenceNumber Unacknowledged { get; } = connection.Core.SendUnacknowledged;

        private SequenceNumber SendNext { get; } = connection.Core.SendNext;

        private SequenceNumber ReceiveNext { get; } = connection.Core.ReceiveNext;

        private TcpState State { get; } = connection.Core.State;

        private long Threshold { get; } = connection.Core.Threshold;

        private long Window { get; } = connection.Core.Congestion.Window;

        private (long Undone, int SegmentSize, TcpRecoveryPhase Phase) Facts { get; } = connection.Core.ReductionFacts;

        /// <summary>
        /// SND.NXT when the window was reduced last: a second reduction before that is acknowledged is for the same window.
        /// </summary>
        private SequenceNumber? ReducedUntil { get; init; }

        internal Past After(in Past before, out string? fault)
        {
            fault = RankOf(State) < RankOf(before.State)
                || (before.State == TcpState.CloseWait && State is TcpState.FinWait1 or TcpState.FinWait2) ? $"{State} after {before.State}"
                : before.State == TcpState.SynSent ? null
                : Unacknowledged < before.Unacknowledged ? $"SND.UNA goes back from {before.Unacknowledged} to {Unacknowledged}"
                : SendNext < before.SendNext ? $"SND.NXT goes back from {before.SendNext} to {SendNext}"
                : ReceiveNext < before.ReceiveNext ? $"RCV.NXT goes back from {before.ReceiveNext} to {ReceiveNext}"
                : null;
            // HyStart ends slow start where the window is, and reduces nothing.
            var endsSlowStart = Threshold == Window && Window >= before.Window;
            if (fault is not null || endsSlowStart || Threshold >= before.Threshold
                || before.State is TcpState.SynSent or TcpState.SynReceived)
            {
                var isUndone = Facts.Undone != before.Facts.Undone || Facts.SegmentSize != before.Facts.SegmentSize;
                return this with { ReducedUntil = isUndone ? null : before.ReducedUntil };
            }

            // RFC 5681 section 3.1, RFC 6582 section 3.2, RFC 9438 section 4.6: once for each window. What undid the first one allows
            // another.
            if (before.ReducedUntil is { } until && before.Unacknowledged < until && Unacknowledged < until
                && Facts.Undone == before.Facts.Undone && Facts.SegmentSize == before.Facts.SegmentSize)
            {
                fault = $"ssthresh falls from {before.Threshold} to {Threshold} before {until} is acknowledged, the end of what was in "
                    + $"flight when it fell before";
            }

            // RFC 8985 section 7.4: what a tail loss probe repaired was all that was in flight; the recovery is over with that.
            return this with { ReducedUntil = Facts.Phase >= TcpRecoveryPhase.Reduced ? before.SendNext : null };
        }

        private static int RankOf(TcpState state) => state switch
        {
            TcpState.SynSent => 0,
            TcpState.SynReceived => 1,
            TcpState.Established => 2,
            TcpState.FinWait1 or TcpState.CloseWait => 3,
            TcpState.FinWait2 or TcpState.Closing or TcpState.LastAck => 4,
            _ => 5,
        };
    }
}
