using Portolan.Model;
using Portolan.Scan.Engine.Tracing;
using Portolan.Scan.Probes;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// Traces the ways to the hosts of a group with packets. Which TTL a probe had is told by our port, or by the echo's number, as for control
/// probes.
/// </summary>
internal sealed class TraceStage : RawStage, ITraceSender
{
    private const int TtlBits = 6;

    private readonly TraceBoard _board;

    public TraceStage(RawContext context, RawGroup raw, IProbeWatch watch)
        : base(context, raw, watch)
    {
        // Not the classifier of the scan: a SYN gets an answer whatever the scan's own probes were.
        Classifier = new ReplyClassifier(context.Cookies, context.Ports, TcpTechnique.Syn, context.Payloads) { ReadsTimeExceeded = true };
        var shared = new SharedHops();
        var tasks = TraceTasks.Of(Group, host => Paths.Of(host)?.Route, context.Settings, isRaw: true, shared);
        _board = new TraceBoard(Group, tasks, shared, context.Settings.Timing);
    }

    /// <inheritdoc/>
    protected override ReplyClassifier Classifier { get; }

    /// <summary>Runs the stage.</summary>
    public void Run() => Drive();

    /// <inheritdoc/>
    public bool TrySend(int host, TraceProbe probe, int ttl, int attempt, out long sentAt)
    {
        sentAt = Context.Clock.Now;
        if (!Paths.TryFind(host, out var path, out var nextHop))
        {
            // It counts as silent.
            return true;
        }

        var kind = probe.Method switch
        {
            TraceMethod.Syn => ProbeKind.SynPing,
            TraceMethod.Ack => ProbeKind.AckPing,
            TraceMethod.Udp => ProbeKind.Udp,
            _ => ProbeKind.Echo,
        };
        var tag = ProbeTag.ForControl((uint)((attempt << TtlBits) | ttl));
        var target = Group.AddressOf(host);
        Context.Sender.Send(path, nextHop, target, kind, probe.Port.Value, tag, new SentProbe(ProbeOrigin.Other, 0), (byte)ttl);

        // The link may only have been opened for it.
        sentAt = Context.Clock.Now;
        Context.Sender.Flush();
        Context.Sender.Refused.Clear();
        return true;
    }

    /// <inheritdoc/>
    public long WaitFor(int host) => Rtts.WaitFor(host);

    /// <inheritdoc/>
    protected override long Step(long now) => _board.Step(now, this, out var nextAt) ? nextAt : Done;

    /// <inheritdoc/>
    protected override void OnReply(in ProbeReply reply, long receivedAt)
    {
        var host = reply.Tag.IsControl ? Group.IndexOf(reply.Target) : -1;
        if (host < 0)
        {
            return;
        }

        TransportProtocol? protocol = reply.Kind switch
        {
            ProbeKind.Tcp or ProbeKind.SynPing or ProbeKind.AckPing => TransportProtocol.Tcp,
            ProbeKind.Udp => TransportProtocol.Udp,
            _ => null,
        };
        var answer = reply.Reason == ReplyReason.TimeExceeded ? HopAnswer.Exceeded
            : reply.IsFromTarget ? HopAnswer.Reached
            : HopAnswer.Refused;
        var ttl = reply.Tag.Control & ((1 << TtlBits) - 1);
        Context.Counters.CountReply();
        _board.Take(host, protocol, new PortNumber(reply.Port), ttl, reply.Tag.Control >> TtlBits, reply.Reporter, answer, receivedAt);
    }

    /// <inheritdoc/>
    protected override StageStatus Status(long now) => new("traceroute", _board.Done, null, ProbeCursor.Start);
}
