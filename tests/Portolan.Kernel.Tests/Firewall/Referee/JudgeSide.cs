using Portolan.Firewall.Acquire;
using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>What the judge says of packets of the lab's target, with the rules and facts read from the kernel as they are now.</summary>
internal sealed class JudgeSide
{
    private readonly FlowJudge _judge;
    private readonly int[] _interfaces;
    private readonly bool _mayHoldAnswersBack;

    private JudgeSide(Ruleset rules, HostFacts host, int[] interfaces)
    {
        // The lab's own tables are not judged, so that they are nobody's decider.
        Rules = rules with { Tables = [.. rules.Tables.Where(t => t.Name != RefereeLab.OwnTable)] };
        _judge = new FlowJudge(Rules, host);
        _interfaces = interfaces;
        _mayHoldAnswersBack =
            Rules.Tables.Any(t => t.Chains.Any(c => c.Hook?.Point is HookPoint.Output or HookPoint.Postrouting or HookPoint.Egress));
    }

    /// <summary>The rules that are judged.</summary>
    internal Ruleset Rules { get; }

    /// <summary>Reads rules and facts of the lab's target.</summary>
    internal static JudgeSide Of(RefereeLab lab) => new(ReadRules(lab), ReadHost(lab), lab.Interfaces);

    /// <summary>Reads the rules; the facts are those of an earlier reading.</summary>
    internal static JudgeSide Of(RefereeLab lab, HostFacts host) => new(ReadRules(lab), host, lab.Interfaces);

    internal static HostFacts ReadHost(RefereeLab lab) => lab.Target.Run(() =>
    {
        using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
        return HostFactsReader.Read(channel, "/proc", CancellationToken.None) with { Clock = Portolan.Linux.KernelClock.Read() };
    });

    /// <summary>Compares the fate that the judge tells with the kernel's.</summary>
    /// <param name="packet">The packet that was sent.</param>
    /// <param name="fate">What the kernel did.</param>
    /// <param name="isWide">Whether the judge is asked about all senders and interfaces at once, else about this packet only.</param>
    internal Comparison Compare(RefereePacket packet, KernelFate fate, bool isWide = false)
    {
        var answer = _judge.Judge(Query(packet, isWide), CancellationToken.None);
        var regions = answer.Regions.Where(r => Contains(r.Packets, packet)).ToArray();
        if (regions.Length == 0)
        {
            // Asked about "every sender that may be", others are left out.
            return isWide
                ? Compare(packet, fate)
                : new Comparison(Agreement.Differs, $"{packet}\n  no region has it; regions: {answer.Regions.Count}\n  kernel: {fate}");
        }

        if (regions.Length > 1)
        {
            // Told apart by something that the query does not fix.
            var isOpen = Array.TrueForAll(regions, r => r.Packets.Conditions.Count > 0);
            return new Comparison(
                isOpen ? Agreement.Depends : Agreement.Differs, $"{packet}\n  {regions.Length} regions have it\n  kernel: {fate}");
        }

        var outcome = regions[0].Outcome;
        if (outcome.Proof != FlowProof.Proved || outcome.Decision == FlowDecision.Depends)
        {
            return new Comparison(Agreement.Depends, $"{packet}\n  judge: {OutcomeText.Of(outcome)}\n  kernel: {fate}");
        }

        var difference = FateComparison.Difference(packet, fate, outcome, _mayHoldAnswersBack);
        return difference is null
            ? new Comparison(Agreement.Agrees, "")
            : new Comparison(Agreement.Differs, $"{packet}\n  {difference}\n  judge: {OutcomeText.Of(outcome)}\n  kernel: {fate}");
    }

    internal static Ruleset ReadRules(RefereeLab lab) => lab.Target.Run(static () => KernelRules.Read(CancellationToken.None).Require());

    private FlowQuery Query(RefereePacket packet, bool isWide) => new()
    {
        Direction = packet.IsOutgoing ? FlowDirection.Outbound : FlowDirection.Inbound,
        IsIPv4 = packet.IsIPv4,
        Protocol = (byte)packet.Protocol,
        DestinationPort = packet.DestinationPort,
        Sources = isWide ? null : IntervalSet.Of(packet.Source.Number),
        Destinations = IntervalSet.Of(packet.Destination.Number),
        SourcePorts = isWide || !HasPorts(packet) ? null : IntervalSet.Of(packet.SourcePort),
        Interfaces = isWide || packet.IsOutgoing ? null : [_interfaces[packet.Cable]],
        State = packet.State,
        TcpFlags = (byte)packet.Flags,
        IcmpType = packet.IcmpType,
        IcmpCode = packet.IcmpCode,
    };

    private bool Contains(PacketSet set, RefereePacket packet) =>
        set.Sources.Contains(packet.Source.Number)
        && set.Destinations.Contains(packet.Destination.Number)
        && (!HasPorts(packet) || set.SourcePorts.Contains(packet.SourcePort))
        && (packet.IsOutgoing || set.Interfaces.Contains(_interfaces[packet.Cable]));

    private static bool HasPorts(RefereePacket packet) => packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp;
}

/// <summary>How the judge's word stands to the kernel's.</summary>
internal enum Agreement
{
    /// <summary>Proved, and so it is.</summary>
    Agrees,

    /// <summary>The judge says that it depends.</summary>
    Depends,

    /// <summary>Proved, and wrong.</summary>
    Differs,
}

/// <summary>A comparison, and what to print of it.</summary>
internal sealed record Comparison(Agreement Agreement, string Text);
