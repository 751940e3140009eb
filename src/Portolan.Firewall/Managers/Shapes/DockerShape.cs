using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>
/// Docker: chains <c>DOCKER…</c> of iptables, or tables <c>docker-bridges</c> of nftables. It publishes ports by itself; one filters them
/// in DOCKER-USER.
/// </summary>
internal sealed class DockerShape : FirewallManager
{
    private const string User = "DOCKER-USER";

    /// <inheritdoc/>
    public override string Name => "Docker";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        table is { Name: "docker-bridges", IsLegacy: false } || chain.Name == "DOCKER"
            || chain.Name.StartsWith("DOCKER-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request)
    {
        // What stops them in that chain has its place there; of what stands behind it, a rule at its end is the last that one may add.
        if (request.IsForwarded && request.Decider.Chain.Name != User
            && request.Decider.Table.Chains.FirstOrDefault(static c => c.Name == User) is { } chain)
        {
            var returning = chain.Rules.Count > 0
                && chain.Rules[^1].Expressions.All(
                    static e => e is CounterExpression or ImmediateExpression { Verdict.Kind: VerdictKind.Return })
                    ? chain.Rules[^1]
                    : null;
            yield return RuleInsertion.At(new RulePlace(request.Decider.Table, chain, returning), request.Passage);
        }
    }
}
