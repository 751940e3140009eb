using System.Diagnostics.Metrics;

namespace Portolan.Transport;

/// <summary>
/// The meter of a stack, <c>Portolan.Transport</c>: every figure of <see cref="StackStatistics"/>, under the same name. Each value carries
/// the stack's name; nothing is read before a program listens.
/// </summary>
internal sealed class StackMetrics : IDisposable
{
    private readonly Meter _meter;

    internal StackMetrics(NetworkStack stack)
    {
        _meter = new Meter("Portolan.Transport", version: null, tags: [new("portolan.stack.name", stack.Name)]);
        Level("portolan.tcp.connections", "{connection}", "Open TCP connections", static s => s.Connections);
        Level("portolan.tcp.half_open", "{connection}", "Half-open TCP connections", static s => s.HalfOpen);
        Level("portolan.tcp.time_wait", "{connection}", "TCP socket pairs in TIME-WAIT", static s => s.TimeWait);
        Level("portolan.udp.sockets", "{socket}", "UDP sockets", static s => s.UdpSockets);
        Level("portolan.memory.in_use", "By", "Bytes of packet memory that are lent", static s => s.MemoryInUse);
        Level("portolan.memory.taken", "By", "Bytes of packet memory that were taken from the system", static s => s.MemoryTaken);
        Level("portolan.write_blocks", "By", "Bytes that writers have filled and the stack has not taken", static s => s.WriteBlocks);
        Count("portolan.memory.refusals", "{request}", "Requests refused at the memory limit", static s => s.MemoryRefusals);
        Count("portolan.frames.received", "{frame}", "Frames received", static s => s.FramesReceived);
        Count("portolan.packets.sent", "{packet}", "IP packets sent", static s => s.PacketsSent);
        Count("portolan.tcp.segments.received", "{segment}", "TCP segments received", static s => s.SegmentsReceived);
        Count("portolan.tcp.segments.sent", "{segment}", "TCP segments sent", static s => s.SegmentsSent);
        Count("portolan.tcp.retransmissions", "{segment}", "TCP segments sent again", static s => s.Retransmissions);
        Count("portolan.tcp.resets.sent", "{segment}", "RSTs sent", static s => s.ResetsSent);
        Count("portolan.tcp.resets.taken", "{segment}", "RSTs that ended a connection", static s => s.ResetsTaken);
        Count("portolan.tcp.challenges", "{segment}", "Challenge ACKs sent", static s => s.Challenges);
        Count("portolan.tcp.syn_cookies.sent", "{segment}", "SYNs answered by a cookie", static s => s.SynCookiesSent);
        Count("portolan.tcp.syn_cookies.taken", "{connection}", "Connections opened by a cookie", static s => s.SynCookiesTaken);
        Count("portolan.tcp.syn_cookies.refused", "{segment}", "Acknowledgments without a good cookie", static s => s.SynCookiesRefused);
        Count(
            "portolan.tcp.fast_open.active", "{connection}", "Connections whose bytes in the SYN were taken at once",
            static s => s.FastOpenActive);
        Count(
            "portolan.tcp.fast_open.active.failed", "{connection}", "Connections whose bytes in the SYN were sent again",
            static s => s.FastOpenActiveFailed);
        Count(
            "portolan.tcp.fast_open.blackholes", "{connection}", "SYNs unanswered with a Fast Open option and answered without it",
            static s => s.FastOpenBlackholes);
        Count(
            "portolan.tcp.fast_open.passive", "{connection}", "Connections that a Fast Open cookie opened before their handshake was done",
            static s => s.FastOpenPassive);
        Count(
            "portolan.tcp.fast_open.passive.failed", "{connection}",
            "Fast Open cookies that were not good, and handshakes after good ones that were never done",
            static s => s.FastOpenPassiveFailed);
        Count(
            "portolan.tcp.fast_open.old_cookies", "{connection}", "Fast Open cookies replaced by new ones",
            static s => s.FastOpenOldCookies);
        Count(
            "portolan.tcp.fast_open.listen_overflow", "{segment}", "SYNs with a Fast Open cookie beyond the listener's limit",
            static s => s.FastOpenListenOverflow);
        Count(
            "portolan.tcp.fast_open.cookies_requested", "{segment}", "SYNs that asked for a Fast Open cookie and were given one",
            static s => s.FastOpenCookiesRequested);
        Count("portolan.udp.datagrams.received", "{datagram}", "Datagrams received", static s => s.DatagramsReceived);
        Count("portolan.udp.datagrams.sent", "{datagram}", "Datagrams sent", static s => s.DatagramsSent);
        _meter.CreateObservableCounter(
            "portolan.drops",
            () => stack.GetStatistics().Drops.Select(
                static d => new Measurement<long>(d.Count, new("protocol", d.Protocol), new("reason", d.Reason))),
            "{packet}",
            "Packets dropped, by protocol and reason");

        void Level(string name, string unit, string description, Func<StackStatistics, long> value) =>
            _meter.CreateObservableUpDownCounter(name, () => value(stack.GetStatistics()), unit, description);

        void Count(string name, string unit, string description, Func<StackStatistics, long> value) =>
            _meter.CreateObservableCounter(name, () => value(stack.GetStatistics()), unit, description);
    }

    public void Dispose() => _meter.Dispose();
}
