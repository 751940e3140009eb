using Portolan.Firewall.Openings;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers.Shapes;

/// <summary>ufw: chains <c>ufw-…</c> and <c>ufw6-…</c> of iptables, which the built-in chains jump to.</summary>
internal sealed class UfwShape : FirewallManager
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
        string[] route = request.IsForwarded ? ["route"] : [];
        var rest = words[(1 + route.Length + verb.Length)..];
        string[] reversal = ["ufw", .. route, "delete", "allow", .. rest];

        // prepend passes over a rule of ufw's for the very same packets, and only allow replaces it. Whether the kernel's rule is one of
        // ufw's or half of one nobody can see; after prepend has done it, allow does nothing.
        string[][] commands = isDenied && IsForSame(request) ? [words, ["ufw", .. route, "allow", .. rest]] : [words];
        yield return new Opening(commands, Accepting(request.Passage, places)) { Reversals = [.. commands.Select(_ => reversal)] };
    }

    /// <summary>Whether the rule that denies is for the very packets that are to be let in.</summary>
    private static bool IsForSame(AllowRequest request)
    {
        // Ranges are a match of iptables of their own.
        var text = RuleText.Of(request.Decider).Replace("-m multiport --dports", "--dport", StringComparison.Ordinal)
            .Replace($"meta l4proto {request.Passage.Protocol.Name()} ", "", StringComparison.Ordinal);
        var (nft, iptables) =
            (request.Passage.Matches.SelectMany(static m => m.Nft), request.Passage.Matches.SelectMany(static m => m.Iptables));
        return text.StartsWith(string.Join(' ', nft) + " counter ", StringComparison.Ordinal)
            || text.StartsWith(string.Join(' ', iptables) + " ", StringComparison.Ordinal);
    }
}
