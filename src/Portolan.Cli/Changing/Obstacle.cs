using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Model;

namespace Portolan.Cli.Changing;

/// <summary>A rule or policy in the way of some ports.</summary>
internal sealed class Obstacle(RuleReference decider, bool isIPv4, TransportProtocol protocol, FlowOutcome outcome)
{
    public RuleReference Decider { get; } = decider;

    public bool IsIPv4 { get; } = isIPv4;

    public TransportProtocol Protocol { get; } = protocol;

    public FlowOutcome Outcome { get; } = outcome;

    public PortSet Ports { get; } = new();

    /// <summary>The senders whom it stops.</summary>
    public required IntervalSet Stopped { get; set; }

    /// <summary>The senders of whom packets are let in.</summary>
    public required IntervalSet LetIn { get; set; }

    /// <summary>Whether no admitted sender gets in.</summary>
    public bool IsAll { get; set; } = true;

    public bool IsOf(RuleReference other) =>
        ReferenceEquals(Decider.Table, other.Table) && ReferenceEquals(Decider.Chain, other.Chain)
            && ReferenceEquals(Decider.Rule, other.Rule);
}

/// <summary>Whether packets that are to be let in get in.</summary>
internal enum AllowReach
{
    /// <summary>All of them.</summary>
    Open,

    /// <summary>Some, by sender or port.</summary>
    Partly,

    /// <summary>None.</summary>
    Closed,

    /// <summary>It depends on what is not known, or no packet can arrive.</summary>
    Unknown,
}

/// <summary>What becomes of the packets of one protocol and family, by all rules.</summary>
internal sealed class AllowState(TransportProtocol protocol, bool isIPv4)
{
    private bool _accepts;
    private bool _isOpen;
    private double _most;

    public TransportProtocol Protocol { get; } = protocol;

    public bool IsIPv4 { get; } = isIPv4;

    /// <summary>The rule that stops some of them, or that it depends on; of several the one that stops most senders.</summary>
    public RuleReference? Decider { get; private set; }

    public AllowReach Reach => (Stops, _accepts, _isOpen) switch
    {
        (true, true, _) => AllowReach.Partly,
        (true, false, false) => AllowReach.Closed,
        (false, true, false) => AllowReach.Open,
        _ => AllowReach.Unknown,
    };

    private bool Stops { get; set; }

    /// <summary>Takes the answer for some of the ports.</summary>
    public void Take(FlowAnswer answer)
    {
        foreach (var region in answer.Regions)
        {
            var outcome = region.Outcome;
            switch (outcome.Decision)
            {
                case FlowDecision.Accept:
                    _accepts = true;
                    break;
                case FlowDecision.Drop or FlowDecision.Reject:
                    Decider = !Stops || region.Packets.Sources.Size > _most ? outcome.Decider : Decider;
                    _most = Math.Max(_most, region.Packets.Sources.Size);
                    Stops = true;
                    break;
                case FlowDecision.Depends or FlowDecision.Queue:
                    Decider ??= outcome.Decider;
                    _isOpen = true;
                    break;
                default:
                    break;
            }
        }
    }
}

/// <summary>What is in the way of packets that are to be let in.</summary>
/// <param name="Obstacles">The rules of other tables that drop them.</param>
/// <param name="States">What becomes of each protocol and family.</param>
/// <param name="IsComplete">Whether all ports were judged.</param>
internal sealed record AllowFinding(List<Obstacle> Obstacles, List<AllowState> States, bool IsComplete);
