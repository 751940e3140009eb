using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Running.Hosts;

/// <summary>
/// What the policies of a host, or of a range of hosts, make of packets that come. Who passes meets the host's stack: a listener, or a RST.
/// </summary>
internal sealed class HostGate
{
    /// <summary>Kinds of <see cref="TokenBuckets"/>: ICMP errors of the host; policies count from 1.</summary>
    private const int IcmpErrors = 0;

    private readonly HostSpec _spec;
    private readonly PortPolicies _policies;
    private readonly LabClock _clock;
    private readonly VirtualHost _host;
    private readonly SipHash _chance;
    private readonly TokenBuckets _buckets = new();
    private readonly Knocking? _knocking;

    /// <param name="spec">The host.</param>
    /// <param name="policies">Its ports.</param>
    /// <param name="clock">The time.</param>
    /// <param name="seed">What its chance comes from.</param>
    /// <param name="host">The host with the sockets behind it.</param>
    internal HostGate(HostSpec spec, PortPolicies policies, LabClock clock, ulong seed, VirtualHost host)
    {
        (_spec, _policies, _clock, _host, _chance) = (spec, policies, clock, host, SipHash.FromSeed(seed));
        KnockPort[] knocks = [.. spec.Ports.Select(static rule => rule.Policy).OfType<KnockPort>().Distinct()];
        _knocking = knocks.Length > 0 ? new Knocking(knocks) : null;
    }

    /// <summary>Decides about a whole packet: see <see cref="IPacketGate.Judge"/>.</summary>
    internal ReceiveAction Judge(Span<byte> packet, ref Reason why)
    {
        if (!PacketHeads.TryRead(packet, out var heads))
        {
            why.Text = "not a packet";
            return ReceiveAction.Drop;
        }

        if (!heads.HasPorts)
        {
            return JudgeOther(heads, ref why);
        }

        var now = _clock.Now;
        if (_knocking is not null && (heads.IsSyn || heads.Protocol == IpProtocol.Udp) && Checksums.AreRight(packet, heads))
        {
            _knocking.Hear(heads.Destination, heads.Source, heads.DestinationPort, now);
        }

        var policy = _policies.Of(heads.Transport, heads.DestinationPort);
        if (MayRefuse(policy, heads.Protocol) && !Checksums.AreRight(packet, heads))
        {
            why.Text = why.IsWanted ? "a checksum is wrong: no answer" : null;
            return ReceiveAction.Drop;
        }

        // Asked first where a refusal would use up a limit: what is taken is not an answer.
        var isCounted = policy is RejectedPort or RateLimitedPort || (policy is ClosedPort && heads.Protocol == IpProtocol.Udp);
        var isWanted = isCounted && IsWanted(policy, heads);
        var isAnswered = true;
        var treatment = isWanted ? ReceiveAction.Take : Judge(policy, heads, now, out isAnswered);
        if (isWanted || (!isCounted && treatment.Kind != TreatmentKind.Take && IsWanted(policy, heads)))
        {
            // As with a rule for established connections, those outlive a port that was open for a time.
            why.Text = why.IsWanted ? Say(heads, "in use by a program of the host") : null;
            return ReceiveAction.Take;
        }

        if (why.IsWanted)
        {
            why.Text = policy is ClosedPort && heads.IsSyn && _host.Hears(heads)
                ? Say(heads, "in use by a program of the host")
                : Explain(policy, heads, treatment, isAnswered);
        }

        return isAnswered ? treatment : ReceiveAction.Drop;
    }

    /// <summary>Whether this gate may refuse or count packets itself; the stack looks at all others.</summary>
    private static bool MayRefuse(PortPolicy policy, IpProtocol protocol) =>
        policy is RejectedPort or RateLimitedPort or FlappingPort || (policy is ClosedPort && protocol == IpProtocol.Udp);

    /// <summary>
    /// Whether a program wants it whatever the policy says: not the policy's own service, whose socket is there also while the port is
    /// closed.
    /// </summary>
    private bool IsWanted(PortPolicy policy, in PacketHeads heads) =>
        !(heads.Protocol == IpProtocol.Udp && UdpServer.HasSocket(policy, _policies)) && _host.Wants(heads);

    private ReceiveAction JudgeOther(in PacketHeads heads, ref Reason why)
    {
        var isEcho = !heads.Payload.IsEmpty && (heads.Protocol == IpProtocol.Icmp ? heads.Payload[0] == (byte)IcmpType.EchoRequest
            : heads.Protocol == IpProtocol.Icmpv6 && heads.Payload[0] == (byte)Icmpv6Type.EchoRequest);
        if (isEcho)
        {
            why.Text = _spec.AnswersPing ? "echo request: answered" : "echo request: this host answers none";
            return _spec.AnswersPing ? ReceiveAction.Take : ReceiveAction.Drop;
        }

        return ReceiveAction.Take;
    }

    /// <param name="policy">Whose turn it is.</param>
    /// <param name="heads">The packet.</param>
    /// <param name="now">The time.</param>
    /// <param name="isAnswered">False when a limit of answers is used up.</param>
    private ReceiveAction Judge(PortPolicy policy, in PacketHeads heads, Instant now, out bool isAnswered)
    {
        isAnswered = true;
        switch (policy)
        {
            case FilteredPort:
                return ReceiveAction.Drop;
            case KnockPort knock when !_knocking!.IsOpen(knock, heads.Destination, heads.Source, now):
                return ReceiveAction.Drop;
            case RejectedPort rejected:
                return Refuse(rejected.Kind, heads, now, out isAnswered);
            case RateLimitedPort limited:
                isAnswered = _buckets.TryTake(heads.Destination, 1 + (int)limited.Refusal, limited.PerSecond, now);
                return Refuse(limited.Refusal);
            case ClosedPort when heads.Protocol == IpProtocol.Udp:
                return Limited(ReceiveAction.Take, heads, now, out isAnswered);
            case FlappingPort flapping when !IsOpen(flapping, heads, now):
                // Nobody of the host's may hear it, also where a listener stands.
                return heads.Protocol == IpProtocol.Udp
                    ? Limited(ReceiveAction.Refuse(RefusalKind.PortUnreachable), heads, now, out isAnswered)
                    : ReceiveAction.Refuse(RefusalKind.TcpReset);
            case not ClosedPort when heads.Protocol == IpProtocol.Udp && !UdpServer.HasSocket(policy, _policies):
                // Somebody takes it and says nothing.
                return ReceiveAction.Drop;
            default:
                return ReceiveAction.Take;
        }
    }

    private ReceiveAction Refuse(RefusalKind kind, in PacketHeads heads, Instant now, out bool isAnswered)
    {
        isAnswered = true;
        return kind == RefusalKind.TcpReset && heads.Protocol == IpProtocol.Tcp
            ? Refuse(kind)
            : Limited(Refuse(kind), heads, now, out isAnswered);
    }

    private static ReceiveAction Refuse(RefusalKind kind) => ReceiveAction.Refuse(kind);

    private ReceiveAction Limited(ReceiveAction treatment, in PacketHeads heads, Instant now, out bool isAnswered)
    {
        isAnswered = _spec.IcmpErrorsPerSecond == 0 || _buckets.TryTake(heads.Destination, IcmpErrors, _spec.IcmpErrorsPerSecond, now);
        return treatment;
    }

    private bool IsOpen(FlappingPort port, in PacketHeads heads, Instant now)
    {
        if (!heads.IsSyn && heads.Protocol == IpProtocol.Tcp)
        {
            // Connections stay.
            return true;
        }

        var period = (ulong)(now.Nanoseconds / Math.Max(1, port.Period.Ticks * TimeSpan.NanosecondsPerTick));
        var drawn = _chance.Of([heads.Destination.UpperBits, heads.Destination.LowerBits, heads.DestinationPort, period]);
        return (drawn >> 11) * (1.0 / (1UL << 53)) < port.OpenShare;
    }

    private static string Say(in PacketHeads heads, string what) =>
        $"port {heads.DestinationPort}/{(heads.Protocol == IpProtocol.Tcp ? "tcp" : "udp")} is {what}";

    private static string? Explain(PortPolicy policy, in PacketHeads heads, ReceiveAction treatment, bool isAnswered)
    {
        if (heads.Protocol == IpProtocol.Tcp && !heads.IsSyn && treatment.Kind == TreatmentKind.Take)
        {
            return null;
        }

        var what = policy switch
        {
            OpenPort open => $"open: {open.Service.Name}",
            ClosedPort when heads.Protocol == IpProtocol.Tcp && (heads.DestinationPort == 0 || heads.SourcePort == 0) =>
                "closed: silent, because TCP has no port 0",
            ClosedPort when heads.Protocol == IpProtocol.Tcp => $"closed{Refusals.WhyUnanswered(heads, RefusalKind.TcpReset)}",
            ClosedPort => $"closed{Refusals.WhyUnanswered(heads, RefusalKind.PortUnreachable)}",
            FilteredPort => "filtered: dropped",
            RejectedPort rejected => $"rejected with {rejected.Kind.Name()}{Refusals.WhyUnanswered(heads, rejected.Kind)}",
            RateLimitedPort => isAnswered ? "closed, within its limit of answers" : "closed, beyond its limit of answers: silent",
            FlappingPort => treatment.Kind == TreatmentKind.Take ? "flapping: open now" : "flapping: closed now",
            TarpitPort => "a tarpit",
            ProxyPort => "open: passed on to a Unix socket",
            ExecPort => "open: a program for each connection",
            SynProxyPort => "behind a SYN proxy, which answers every SYN",
            KnockPort =>
                treatment.Kind == TreatmentKind.Take ? "open to this sender, who has knocked" : "filtered: this sender has not knocked",
            _ => "unknown",
        };
        return Say(heads, isAnswered || policy is RateLimitedPort ? what : $"{what}, beyond the host's limit of ICMP errors: silent");
    }
}
