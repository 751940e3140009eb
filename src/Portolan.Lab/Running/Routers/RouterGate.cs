using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Packets;

namespace Portolan.Lab.Running.Routers;

/// <summary>
/// What a router makes of packets before its stack takes them: port forwarding first, then the rules, which see the packet as it will
/// leave, as nftables' forward chain does. What belongs to a flow that was let through passes without being judged again. Sources are
/// translated when packets leave, as in nftables' postrouting, for a stack takes no packet from its own address: so packets of who began a
/// flow are translated when they come, and replies when they leave.
/// </summary>
internal sealed class RouterGate(RouterSpec spec, IReadOnlySet<InternetAddress> own, LabClock clock) : IPacketGate
{
    private readonly bool _judges = spec.Rules.Count > 0 || spec.DefaultAction.Kind != FirewallActionKind.Allow || spec.Forwards.Count > 0;
    private readonly bool _resets = spec.Rules.Select(static r => r.Action).Append(spec.DefaultAction).Any(
        static a => a is { Kind: FirewallActionKind.Reject, Error: RefusalKind.TcpReset });
    private readonly RouterFlowTable _flows = new();

    public bool JudgesWhole => _judges;

    public bool ChangesLeaving => spec.Forwards.Count > 0;

    public ReceiveAction Judge(Span<byte> packet, ref Reason why)
    {
        if (!_judges || !PacketHeads.TryRead(packet, out var heads))
        {
            return ReceiveAction.Take;
        }

        var now = clock.Now;
        if (FindFlowOfError(packet, heads, now, out var quoted, out var original, out var isOfTarget))
        {
            why.Text = why.IsWanted ? "an error about a connection that was allowed" : null;
            if (!isOfTarget && original != quoted)
            {
                // Of the client's side, about what the target sent: it is the target's.
                PacketRewriter.ApplyToError(packet, heads.HeaderLength, quoted, original);
            }

            return ReceiveAction.Take;
        }

        var ends = RouterFlowEnds.Of(heads);
        var headerLength = heads.HeaderLength;
        if (_flows.TryFind(ends, now, out var known))
        {
            if (known.Becomes != ends && !known.IsReply)
            {
                why.Text = why.IsWanted ? SayTranslated(ends, known.Becomes) : null;
                PacketRewriter.Apply(packet, headerLength, ends, known.Becomes);
            }

            return ReceiveAction.Take;
        }

        var wanted = FindForward(ends);
        if (wanted == ends && own.Contains(ends.Destination))
        {
            // For the router itself.
            return ReceiveAction.Take;
        }

        if (wanted == ends && (packet[0] >> 4 == 4 ? packet[8] : packet[7]) <= 1)
        {
            // It goes no further, and its sender hears so before any rule is asked: as Linux has it.
            return ReceiveAction.Take;
        }

        var action = Decide(heads, wanted, out var rule);
        var becomes = wanted;
        if (action.Kind == FirewallActionKind.Allow && !_flows.TryAdd(ends, wanted, now, out becomes))
        {
            why.Text = why.IsWanted ? $"dropped: no source port is free to tell it apart from other connections to {Name(wanted)}" : null;
            return ReceiveAction.Drop;
        }

        if (why.IsWanted)
        {
            why.Text = Explain(action, rule, ends, becomes, heads);
        }

        switch (action.Kind)
        {
            case FirewallActionKind.Drop:
                return ReceiveAction.Drop;
            case FirewallActionKind.Reject when !Checksums.AreRight(packet, heads):
                why.Text = why.IsWanted ? "a checksum is wrong: no answer" : null;
                return ReceiveAction.Drop;
            case FirewallActionKind.Reject:
                return ReceiveAction.Refuse(action.Error);
            default:
                if (becomes != ends)
                {
                    PacketRewriter.Apply(packet, headerLength, ends, becomes);
                }

                return ReceiveAction.Take;
        }
    }

    public bool HasChangedOrMade(ReadOnlySpan<byte> packet)
    {
        if (!PacketHeads.TryRead(packet, out var heads))
        {
            return false;
        }

        if (_resets && heads.Protocol == IpProtocol.Tcp && (heads.Flags & TcpFlags.Rst) != 0 && heads.HopLimit == Refusals.HopLimit)
        {
            return true;
        }

        if (spec.Forwards.Count == 0)
        {
            return false;
        }

        // A packet of the flow, or an error about one that went the other way: both have the ends that the reply is to turn back.
        var now = clock.Now;
        var ends = IsError(heads, out var quote) && RouterFlowEnds.TryRead(quote, out var quoted)
            ? quoted
            : RouterFlowEnds.Of(heads).Reversed;
        return _flows.TryFind(ends, now, out var known) && known.Becomes != ends;
    }

    public void Leave(Span<byte> packet)
    {
        if (!PacketHeads.TryRead(packet, out var heads))
        {
            return;
        }

        var now = clock.Now;
        if (FindFlowOfError(packet, heads, now, out var quoted, out var original, out var isOfTarget))
        {
            if (isOfTarget && original != quoted)
            {
                PacketRewriter.ApplyToError(packet, heads.HeaderLength, quoted, original);
            }

            return;
        }

        var ends = RouterFlowEnds.Of(heads);
        if (heads.HasPorts && _flows.TryFind(ends, now, out var known) && known.IsReply && known.Becomes != ends)
        {
            PacketRewriter.Apply(packet, heads.HeaderLength, ends, known.Becomes);
        }
    }

    /// <summary>
    /// Finds the flow that an ICMP error is about. One that is damaged is about none, as in Linux's connection tracking: to translate it
    /// would make it look sound.
    /// </summary>
    /// <param name="packet">The error.</param>
    /// <param name="heads">Its heads.</param>
    /// <param name="now">The time.</param>
    /// <param name="quoted">The ends of the packet that it quotes.</param>
    /// <param name="original">The ends that this packet had when it came to the router.</param>
    /// <param name="isOfTarget">Whether the error is of the target's side; false for that of who began the flow.</param>
    private bool FindFlowOfError(
        ReadOnlySpan<byte> packet, in PacketHeads heads, Transport.Instant now, out RouterFlowEnds quoted, out RouterFlowEnds original,
        out bool isOfTarget)
    {
        (quoted, original, isOfTarget) = (default, default, false);
        if (!IsError(heads, out var quote) || !RouterFlowEnds.TryRead(quote, out quoted))
        {
            return false;
        }

        // The quoted packet went the other way: the reply to it would belong to the flow.
        if (!Checksums.AreRight(packet, heads) || !_flows.TryFind(quoted.Reversed, now, out var reply))
        {
            return false;
        }

        (original, isOfTarget) = (reply.Becomes.Reversed, reply.IsReply);
        return true;
    }

    private static bool IsError(in PacketHeads heads, out QuotedPacket quote)
    {
        quote = default;
        var isError = heads.Protocol == IpProtocol.Icmp ? IcmpMessage.TryRead(heads.Payload, out var four) && four.IsError
            : heads.Protocol == IpProtocol.Icmpv6 && Icmpv6Message.TryRead(heads.Payload, out var six) && six.IsError;
        return isError && QuotedPacket.TryRead(heads.Payload[IcmpMessage.HeaderLength..], out quote) && quote.IsIPv4 == heads.Source.IsIPv4;
    }

    private RouterFlowEnds FindForward(in RouterFlowEnds ends)
    {
        if (spec.Forwards.Count > 0 && ends.Protocol is IpProtocol.Tcp or IpProtocol.Udp && own.Contains(ends.Destination))
        {
            foreach (var forward in spec.Forwards)
            {
                var isSame = forward.Port.Value == ends.DestinationPort && forward.Target.IsIPv4 == ends.Destination.IsIPv4
                    && forward.Protocol == (ends.Protocol == IpProtocol.Tcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
                if (isSame)
                {
                    return ends with { Destination = forward.Target, DestinationPort = forward.TargetPort.Value };
                }
            }
        }

        return ends;
    }

    private FirewallAction Decide(in PacketHeads heads, in RouterFlowEnds ends, out FirewallRule? decisive)
    {
        foreach (var rule in spec.Rules)
        {
            if (Matches(rule, heads, ends))
            {
                decisive = rule;
                return rule.Action;
            }
        }

        decisive = null;
        return spec.DefaultAction;
    }

    private static bool Matches(FirewallRule rule, in PacketHeads heads, in RouterFlowEnds ends)
    {
        if (rule.Protocol is { } protocol && (protocol != heads.Transport || heads.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp)))
        {
            return false;
        }

        return rule.From?.Contains(ends.Source) != false
            && rule.To?.Contains(ends.Destination) != false
            && rule.Ports?.Contains(new PortNumber(ends.DestinationPort)) != false;
    }

    private string? Explain(
        FirewallAction action, FirewallRule? rule, in RouterFlowEnds ends, in RouterFlowEnds becomes, in PacketHeads heads)
    {
        var forwarded = becomes == ends ? "" : $"{SayTranslated(ends, becomes)}; ";
        var by = rule is null ? "the default" : $"rule {spec.Rules.TakeWhile(r => r != rule).Count() + 1}";
        return action.Kind switch
        {
            FirewallActionKind.Drop => $"{forwarded}dropped by {by} of {spec.Name}",
            FirewallActionKind.Reject =>
                $"{forwarded}rejected with {action.Error.Name()} by {by} of {spec.Name}{Refusals.WhyUnanswered(heads, action.Error)}",
            _ => $"{forwarded}allowed by {by} of {spec.Name}",
        };
    }

    private static string SayTranslated(in RouterFlowEnds ends, in RouterFlowEnds becomes)
    {
        var isForwarded = (ends.Destination, ends.DestinationPort) != (becomes.Destination, becomes.DestinationPort);
        var renamed = ends.SourcePort == becomes.SourcePort
            ? ""
            : $"from port {becomes.SourcePort}, for another connection to it has {ends.SourcePort}";
        return isForwarded ? $"forwarded port: becomes {Name(becomes)}{(renamed.Length > 0 ? ", " : "")}{renamed}" : renamed;
    }

    private static string Name(in RouterFlowEnds ends) =>
        ends.Destination.IsIPv4 ? $"{ends.Destination}:{ends.DestinationPort}" : $"[{ends.Destination}]:{ends.DestinationPort}";
}
