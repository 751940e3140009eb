namespace Portolan.Firewall.Rendering;

/// <summary>One statement of a rule of nft, or one option of a rule of iptables.</summary>
/// <param name="Text">Its words. Hostile text.</param>
/// <param name="Kind">What it is.</param>
public readonly record struct RulePart(string Text, RulePartKind Kind);

/// <summary>What a part of a rule is.</summary>
public enum RulePartKind
{
    /// <summary>A condition of no other kind.</summary>
    Match,

    /// <summary>A condition on the sender: its address, or the interface that its packets arrive on.</summary>
    Source,

    /// <summary>It names protocols or destination ports, and excludes none: the rule's ports say the same.</summary>
    Port,

    /// <summary>Something that the rule does on the way, or its comment: no condition.</summary>
    Statement,

    /// <summary>What becomes of the packet.</summary>
    Verdict,
}
