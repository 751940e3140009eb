using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Lab.Truth;

/// <summary>The truth of an address as a scan reports a host. One object serves all addresses of a span.</summary>
internal sealed class TruthHost : HostReport
{
    private readonly List<PortResult> _ports = [];
    private readonly List<PortGroup> _groups = [];
    private readonly HostStatus _status;
    private readonly ReplyReason _reason;
    private readonly DateTimeOffset _time;
    private Target _target;

    /// <summary>Takes the truth of a span.</summary>
    /// <param name="answersPing">Whether it answers echo requests.</param>
    /// <param name="truths">Its ports, by protocol.</param>
    /// <param name="isConnect">Open ports are proved by a handshake.</param>
    /// <param name="time">The time that is written.</param>
    public TruthHost(
        bool answersPing, IReadOnlyList<(TransportProtocol Protocol, PortTruth Truth)> truths, bool isConnect, DateTimeOffset time)
    {
        _time = time;
        (_status, _reason) = answersPing ? (HostStatus.Up, ReplyReason.EchoReply) : StatusOf(truths);
        if (_status != HostStatus.Up)
        {
            return;
        }

        foreach (var (protocol, truth) in truths)
        {
            AddGroup(protocol, truth);
            var evidence = truth.State != PortState.Open
                ? Evidence.None
                : isConnect || protocol == TransportProtocol.Udp ? Evidence.Handshake : Evidence.SynAck;
            foreach (var port in truth.Ports)
            {
                _ports.Add(new PortResult(new ProbePort(protocol, port), truth.State, truth.Reason, 0, evidence, truth.By));
            }
        }

        _ports.Sort(
            static (a, b) =>
                a.Port.Protocol != b.Port.Protocol ? a.Port.Protocol.CompareTo(b.Port.Protocol) : a.Port.Port.CompareTo(b.Port.Port));
    }

    /// <summary>Whether anything of it answers.</summary>
    public bool IsUp => _status == HostStatus.Up;

    /// <inheritdoc/>
    public override HostResult Host => new(_target, _status, _reason, 0, null);

    /// <inheritdoc/>
    public override string? ReverseName => null;

    /// <inheritdoc/>
    public override DateTimeOffset StartedAt => _time;

    /// <inheritdoc/>
    public override DateTimeOffset EndedAt => _time;

    /// <inheritdoc/>
    public override RoundTrip? Times => null;

    /// <inheritdoc/>
    public override bool IsTimedOut => false;

    /// <inheritdoc/>
    public override bool AnswersEverything => false;

    /// <inheritdoc/>
    public override bool IsPartial => false;

    /// <inheritdoc/>
    public override IReadOnlyList<PortGroup> Groups => _groups;

    /// <summary>Tells one address of the span to an observer.</summary>
    public void Tell(InternetAddress address, string? name, IScanObserver observer)
    {
        _target = new Target(address, 0, name);
        if (IsUp)
        {
            observer.HostFound(Host);
            foreach (var port in _ports)
            {
                if (port.State == PortState.Open)
                {
                    observer.PortFound(_target, port);
                }
            }
        }

        observer.HostFinished(this);
    }

    /// <inheritdoc/>
    public override void ForEachPort(Action<PortResult> visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        foreach (var port in _ports)
        {
            visit(port);
        }
    }

    // What the address itself says shows that it is there; what a router says of it does not.
    private static (HostStatus Status, ReplyReason Reason) StatusOf(IReadOnlyList<(TransportProtocol Protocol, PortTruth Truth)> truths)
    {
        foreach (var (_, truth) in truths)
        {
            if (truth.By is null && truth.Reason != ReplyReason.NoResponse)
            {
                return (HostStatus.Up, truth.Reason);
            }
        }

        return (HostStatus.Down, ReplyReason.NoResponse);
    }

    private void AddGroup(TransportProtocol protocol, PortTruth truth)
    {
        foreach (var group in _groups)
        {
            if (group.Protocol == protocol && group.State == truth.State && group.Reason == truth.Reason)
            {
                group.Ports.UnionWith(truth.Ports);
                return;
            }
        }

        _groups.Add(new PortGroup(protocol, truth.State, truth.Reason, truth.Ports.Clone()));
    }
}
