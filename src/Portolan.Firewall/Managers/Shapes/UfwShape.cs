using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>ufw: chains <c>ufw-…</c> and <c>ufw6-…</c> of iptables, which the built-in chains jump to.</summary>
internal sealed class UfwShape : ManagerShape
{
    /// <inheritdoc/>
    public override string Name => "ufw";

    /// <inheritdoc/>
    public override bool Owns(RuleTable table, RuleChain chain) =>
        chain.Name.StartsWith("ufw-", StringComparison.Ordinal) || chain.Name.StartsWith("ufw6-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool RulesBuiltIn(RuleChain chain) => chain.TableName == "filter" && chain.Name is "INPUT" or "OUTPUT" or "FORWARD";

    /// <inheritdoc/>
    public override IEnumerable<Opening> Allow(AllowRequest request)
    {
        if (!request.IsUsual || request.Passage.Interface is not null
            || request.Ending.Hook?.Point is not (HookPoint.Input or HookPoint.Forward))
        {
            yield break;
        }

        // What a person's own rule denies is asked before a rule that is only added. By number ufw counts its own rules, of which one may
        // be several of the kernel's.
        var user = request.IsForwarded ? "user-forward" : "user-input";
        var isDenied = request.Decider.Chain.Name.EndsWith($"-{user}", StringComparison.Ordinal);
        var places = Chains(request, "filter", f => f == RuleFamily.Ip6 ? $"ufw6-{user}" : $"ufw-{user}")
            .Select(c => new RulePlace(c.Table, c.Chain, isDenied && c.Chain.Rules.Count > 0 ? c.Chain.Rules[0] : null));
        var ports = request.PortWords(':');
        string[] verb = isDenied ? ["prepend", "allow"] : ["allow"];
        string[] words = request.IsForwarded
            ? ["ufw", "route", .. verb, "proto", request.Passage.Protocol.Name(), "from", request.From ?? "any", "to", request.To ?? "any",
                "port", ports]
            : request.From is null && request.Passage.Server is null
                ? ["ufw", .. verb, $"{ports}/{request.Passage.Protocol.Name()}"]
                : ["ufw", .. verb, "from", request.From ?? "any", "to", request.Passage.Server?.ToString() ?? "any", "port", ports, "proto",
                    request.Passage.Protocol.Name()];
        yield return new Opening([words], Accepting(request.Passage, places));
    }
}
