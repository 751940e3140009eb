namespace Portolan.Firewall.Rendering;

/// <summary>A rule as text.</summary>
/// <param name="Text">In the language of nft, or of iptables-save. Not escaped: names in it are hostile text.</param>
/// <param name="IsLoadable">Whether nft reads it to the same rule.</param>
public sealed record RenderedRule(string Text, bool IsLoadable)
{
    /// <summary>Its statements one by one, in order; of iptables its options.</summary>
    public IReadOnlyList<RulePart> Parts { get; init; } = [];
}
