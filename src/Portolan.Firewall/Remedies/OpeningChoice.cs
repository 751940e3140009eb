using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Remedies;

/// <summary>How packets can be let in, or why they are not to be.</summary>
public sealed record OpeningChoice
{
    /// <summary>What to do, one for each sender that was asked about; empty where nothing is harmless.</summary>
    public IReadOnlyList<Opening> Openings { get; init; } = [];

    /// <summary>The rules as they then are.</summary>
    public required Ruleset After { get; init; }

    /// <summary>The rule whose protection is in the way, or <c>null</c>.</summary>
    public RuleReference? Protector { get; init; }

    /// <summary>What it protects from.</summary>
    public Protection Protection { get; init; }

    /// <summary>
    /// Whether it does not stop the packets by itself: what lets them past the rule that stops them lets others past this one.
    /// </summary>
    public bool IsPassedOver { get; init; }

    /// <summary>Senders of the same family besides those asked about whom it lets in.</summary>
    public IntervalSet OtherSenders { get; init; } = IntervalSet.Empty;

    /// <summary>Whether it lets senders of the other family in too.</summary>
    public bool OpensOtherFamily { get; init; }

    /// <summary>Whether it lets in who writes the address behind the translation.</summary>
    public bool OpensTarget { get; init; }

    /// <summary>Whether there was a way, and it would close what is open.</summary>
    public bool Closes { get; init; }
}
