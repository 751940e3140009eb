using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>
/// Compares a proved outcome with the kernel's fate of a packet, in everything that can be seen: verdict, place, translation, decider,
/// answers.
/// </summary>
internal static class FateComparison
{
    // The index of lo in every namespace.
    private const int Loopback = 1;

    /// <summary>What differs, or <c>null</c>.</summary>
    internal static string? Difference(RefereePacket packet, KernelFate fate, FlowOutcome outcome, bool mayHoldAnswersBack) =>
        outcome.Decision switch
        {
            FlowDecision.Accept => Accepted(packet, fate, outcome),
            FlowDecision.Drop => DroppedBy(fate, outcome),
            FlowDecision.Reject => DroppedBy(fate, outcome) ?? Answer(packet, fate, outcome, mayHoldAnswersBack),
            FlowDecision.NoRoute => fate.IsDelivered || fate.IsForwarded || fate.DroppedBy is not null ? "the kernel finds a route" : null,
            _ => $"a decision that no rule here makes: {outcome.Decision}",
        };

    private static string? Accepted(RefereePacket packet, KernelFate fate, FlowOutcome outcome)
    {
        if (!fate.IsDelivered && !fate.IsForwarded)
        {
            return "accepted by the judge only";
        }

        // What is sent to this host goes out by loopback; of what is sent to a broadcast address a copy comes back.
        var delivery = packet.IsOutgoing && fate.IsForwarded && fate.OutputInterface != Loopback ? DeliveryKind.Sent
            : fate.IsDelivered ? DeliveryKind.Local : DeliveryKind.Forwarded;
        if (outcome.Delivery != delivery)
        {
            return $"the judge's delivery is {outcome.Delivery}";
        }

        if (fate.IsForwarded && outcome.OutputInterface != 0 && outcome.OutputInterface != fate.OutputInterface)
        {
            return $"another output interface: {outcome.OutputInterface}";
        }

        if (Translated(packet, fate, outcome) is { } difference)
        {
            return difference;
        }

        // A policy that accepts leaves no accepting rule behind, in whatever chain. The rule that takes the copy of a broadcast in is none
        // of the way out; the networks here have 16 addresses. A rule that translates accepts too, for the kernel's trace.
        var isBroadcastSent = delivery == DeliveryKind.Sent && packet.Destination.IsIPv4 && (packet.Destination.IPv4Bits & 15) == 15;
        var last = outcome.Path.LastOrDefault(static v => v.Decider.Rule is not null && v.Verdict == VerdictKind.Accept)?.Decider;
        if (!isBroadcastSent && outcome.Questions.Count == 0 && (last ?? outcome.Decider) is { Table.IsLegacy: false } decider
            && !Same(decider, fate.AcceptedBy) && (decider.Rule is not null || fate.AcceptedBy is not null))
        {
            return $"another rule accepts: {fate.AcceptedBy?.ToString() ?? "none, policies only"}";
        }

        return Replies(packet, fate, outcome);
    }

    private static string? Translated(RefereePacket packet, KernelFate fate, FlowOutcome outcome)
    {
        var address = outcome.Translation is null ? packet.Destination : outcome.Translation.Address;
        ushort? port = outcome.Translation is null ? packet.DestinationPort : outcome.Translation.Port;
        var hasPorts = packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp;
        return (address is { } a && fate.FinalDestination != a) || (hasPorts && port is { } p && fate.FinalPort != p)
            ? $"another destination: {address}:{port}"
            : null;
    }

    private static string? DroppedBy(KernelFate fate, FlowOutcome outcome)
    {
        if (fate.IsDelivered || fate.IsForwarded)
        {
            return "dropped by the judge only";
        }

        // Legacy tables are not traced.
        if (outcome.Decider is { Table.IsLegacy: true })
        {
            return fate.DroppedBy is null ? null : "a rule of nftables drops it";
        }

        if (fate.DroppedBy is null)
        {
            return "no rule drops it in the kernel";
        }

        // Proved, whichever way an open question is answered: then the decider is one of several.
        return outcome.Questions.Count > 0 || (outcome.Decider is { } decider && Same(decider, fate.DroppedBy))
            ? null
            : "another rule drops it";
    }

    private static string? Answer(RefereePacket packet, KernelFate fate, FlowOutcome outcome, bool mayHoldAnswersBack)
    {
        var answer = fate.Replies.FirstOrDefault(r => r.Kind is WireReplyKind.Reset or WireReplyKind.IcmpError);
        if (fate.Replies.Count == 0)
        {
            // Rules may hold answers back, no reset answers a reset, and no error an error or a broadcast.
            var isExpected = !mayHoldAnswersBack && !RefereeLab.IsForMany(packet.Destination)
                && packet is { Protocol: IpProtocol.Tcp, Flags: TcpFlags.Syn, IsEstablished: false }
                && RefereeLab.HearsAnswersTo(packet.Source);
            return isExpected ? "the kernel does not answer" : null;
        }

        var expected = outcome.Rejection switch
        {
            null => default,
            { Kind: RejectKind.TcpReset } => new WireReply(WireReplyKind.Reset),
            { Kind: RejectKind.IcmpX, Code: var code } => Icmpx(packet.IsIPv4, code),
            { Code: var code } => new WireReply(WireReplyKind.IcmpError, packet.IsIPv4 ? (byte)3 : (byte)1, code),
        };
        return answer == expected ? null : $"another answer: {expected}";
    }

    // nf_tables.h: NFT_REJECT_ICMPX_NO_ROUTE, PORT_UNREACH, HOST_UNREACH, ADMIN_PROHIBITED.
    private static WireReply Icmpx(bool isIPv4, byte code) => isIPv4
        ? new(WireReplyKind.IcmpError, 3, code switch { 0 => 0, 1 => 3, 2 => 1, _ => 13 })
        : new(WireReplyKind.IcmpError, 1, code switch { 0 => 0, 1 => 4, 2 => 3, _ => 1 });

    private static string? Replies(RefereePacket packet, KernelFate fate, FlowOutcome outcome)
    {
        if (outcome.Replies is not { Proof: FlowProof.Proved } replies || packet.IsOutgoing || !IsAnswered(packet, fate))
        {
            return null;
        }

        var isSeen = fate.Replies.Exists(r => r.Kind != WireReplyKind.IcmpError);
        return (replies.Decision == FlowDecision.Accept) == isSeen ? null : $"the judge says of the answer: {replies.Decision}";
    }

    /// <summary>Whether an open port of the lab answers it, with a packet that the lab would see if no rule held it back.</summary>
    private static bool IsAnswered(RefereePacket packet, KernelFate fate)
    {
        var address = fate.FinalDestination!.Value.ToString();
        var isOurs = fate.IsDelivered ? RefereeLab.TargetAddresses.Contains(address) : RefereeLab.BehindAddresses.Contains(address);
        var isPlain = packet is { Flags: TcpFlags.Syn } or { IsEstablished: true };
        return isOurs && RefereeLab.HearsAnswersTo(packet.Source) && fate.FinalSource == packet.Source && packet.Protocol switch
        {
            IpProtocol.Tcp => isPlain && RefereeLab.TcpPorts.Contains(fate.FinalPort),
            IpProtocol.Udp => RefereeLab.UdpPorts.Contains(fate.FinalPort),
            IpProtocol.Icmp => packet.IcmpType == 8,
            IpProtocol.Icmpv6 => packet.IcmpType == 128,
            _ => false,
        };
    }

    private static bool Same(RuleReference reference, TraceEvent? step) =>
        step is not null
        && reference.Table.Name == step.Table
        && (reference.Rule is null
            ? step.IsPolicy && reference.Chain.Name == step.Chain
            : step.IsRule && reference.Rule.Handle == step.Handle && reference.Chain.Name == step.Chain);
}
