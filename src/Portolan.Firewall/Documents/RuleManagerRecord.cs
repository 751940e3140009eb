using Portolan.Firewall.Managers;
using Portolan.Firewall.Rendering;

namespace Portolan.Firewall.Documents;

/// <summary>Who manages some of the rules.</summary>
/// <param name="Name">See <see cref="RuleManager.Name"/>.</param>
/// <param name="Chains">Which chains are its own.</param>
public sealed record RuleManagerRecord(string Name, IEnumerable<ManagedChainRecord> Chains)
{
    /// <summary>A manager as documents have it.</summary>
    public static RuleManagerRecord Of(RuleManager manager)
    {
        ArgumentNullException.ThrowIfNull(manager);
        return new RuleManagerRecord(manager.Name, manager.Chains.Select(
            static managed => new ManagedChainRecord(RuleWords.Of(managed.Table.Family), managed.Table.Name, managed.Chain.Name)));
    }
}

/// <summary>A chain and its table.</summary>
/// <param name="Family">The family of the table, in nft's words.</param>
/// <param name="Table">The name of the table. Hostile text.</param>
/// <param name="Chain">The name of the chain. Hostile text.</param>
public sealed record ManagedChainRecord(string Family, string Table, string Chain);
