using Portolan.Firewall.Judging;
using Portolan.Firewall.Replay.Proving;
using Portolan.Firewall.Rules;
using Portolan.Model;

namespace Portolan.Tests.Firewall.Replay;

/// <summary>When the judge and the kernel are said to agree.</summary>
public sealed class ProofComparisonTests
{
    private static readonly Rule First = new(1, []);
    private static readonly Rule Second = new(2, []);
    private static readonly RuleChain Chain = new(RuleFamily.Inet, "t", "c", 1) { Rules = [First, Second] };
    private static readonly RuleTable Table = new(RuleFamily.Inet, "t", 1) { Chains = [Chain] };
    private static readonly ProofPacket Packet = new()
    {
        Direction = FlowDirection.Inbound,
        Protocol = 6,
        Source = InternetAddress.FromIPv4(0xc6120001),
        Destination = InternetAddress.FromIPv4(0xc6120002),
        DestinationPort = 80,
    };

    [Theory]
    [InlineData(FlowDecision.Accept, DeliveryKind.Local, PacketFate.Delivered, ProofAgreement.Proved)]
    [InlineData(FlowDecision.Accept, DeliveryKind.Local, PacketFate.Dropped, ProofAgreement.Differs)]
    [InlineData(FlowDecision.Accept, DeliveryKind.Local, PacketFate.Vanished, ProofAgreement.Differs)]
    [InlineData(FlowDecision.Accept, DeliveryKind.Forwarded, PacketFate.Delivered, ProofAgreement.Differs)]
    [InlineData(FlowDecision.Drop, DeliveryKind.None, PacketFate.Dropped, ProofAgreement.Proved)]
    [InlineData(FlowDecision.Drop, DeliveryKind.None, PacketFate.Rejected, ProofAgreement.Differs)]
    [InlineData(FlowDecision.Reject, DeliveryKind.None, PacketFate.Rejected, ProofAgreement.Proved)]
    [InlineData(FlowDecision.NoRoute, DeliveryKind.None, PacketFate.Vanished, ProofAgreement.Proved)]
    [InlineData(FlowDecision.NoRoute, DeliveryKind.None, PacketFate.Dropped, ProofAgreement.Differs)]
    [InlineData(FlowDecision.Depends, DeliveryKind.None, PacketFate.Dropped, ProofAgreement.Undecided)]
    public void Fates_are_compared(FlowDecision judged, DeliveryKind delivery, PacketFate proved, ProofAgreement agreement)
        => Assert.Equal(agreement, ProofComparison.Of(Outcome(judged, First) with { Delivery = delivery }, Proof(proved, First)).Agreement);

    [Fact]
    public void A_drop_by_another_rule_is_a_difference()
        => Assert.Equal(
            ["another rule decided"], ProofComparison.Of(Outcome(FlowDecision.Drop, First), Proof(PacketFate.Dropped, Second)).Differences);

    [Fact]
    public void A_policy_is_not_a_rule()
        => Assert.Equal(
            ProofAgreement.Differs, ProofComparison.Of(Outcome(FlowDecision.Drop, null), Proof(PacketFate.Dropped, First)).Agreement);

    [Fact]
    public void A_translation_to_another_address_or_port_is_a_difference()
    {
        var translation = new Translation(InternetAddress.FromIPv4(0x0a000001), 8080, new RuleReference(Table, Chain, First));
        var judged = Outcome(FlowDecision.Accept, First) with { Delivery = DeliveryKind.Local, Translation = translation };
        var proof = Proof(PacketFate.Delivered, First) with { FinalDestination = translation.Address, FinalPort = 8080 };

        Assert.Equal(ProofAgreement.Proved, ProofComparison.Of(judged, proof).Agreement);
        Assert.Equal(ProofAgreement.Differs, ProofComparison.Of(judged, proof with { FinalPort = 80 }).Agreement);
        Assert.Equal(ProofAgreement.Differs, ProofComparison.Of(judged, proof with { FinalDestination = Packet.Destination }).Agreement);
        Assert.Equal(ProofAgreement.Differs, ProofComparison.Of(judged with { Translation = null }, proof).Agreement);
    }

    [Fact]
    public void A_verdict_that_is_not_proved_stays_open_whatever_the_kernel_says()
        => Assert.Equal(
            ProofAgreement.Undecided,
            ProofComparison.Of(
                Outcome(FlowDecision.Drop, First) with { Proof = FlowProof.Depends }, Proof(PacketFate.Dropped, First)).Agreement);

    [Fact]
    public void Where_the_scratch_namespace_is_not_like_the_host_a_difference_is_no_defect()
        => Assert.Equal(
            ProofAgreement.Undecided,
            ProofComparison.Of(Outcome(FlowDecision.Accept, First), Proof(PacketFate.Dropped, First) with { Caveats = ["x"] }).Agreement);

    [Fact]
    public void What_was_not_done_proves_nothing()
        => Assert.Equal(
            ProofAgreement.NotDone,
            ProofComparison.Of(Outcome(FlowDecision.Drop, First), Proof(PacketFate.Dropped, First) with { Obstacles = ["x"] }).Agreement);

    private static FlowOutcome Outcome(FlowDecision decision, Rule? rule) =>
        new() { Decision = decision, Proof = FlowProof.Proved, Decider = new RuleReference(Table, Chain, rule) };

    private static KernelProof Proof(PacketFate fate, Rule? rule) => new()
    {
        Packet = Packet,
        Fate = fate,
        Decider = new RuleReference(Table, Chain, rule),
    };
}
