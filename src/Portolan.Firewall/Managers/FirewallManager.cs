using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Managers;

/// <summary>A program or habit that makes rules, told by the names of its tables and chains.</summary>
internal abstract class FirewallManager
{
    /// <summary>Its name, such as <c>ufw</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a chain was made by it.</summary>
    public abstract bool Owns(RuleTable table, RuleChain chain);

    /// <summary>
    /// Whether a built-in chain of iptables, which several programs share, follows it where it has chains: its policy is then its own.
    /// </summary>
    public virtual bool RulesBuiltIn(RuleChain chain) => false;

    /// <summary>How it lets a port be reached.</summary>
    /// <param name="request">Which packets, and what stops them.</param>
    /// <returns>The ways to do so, the best first; none where it has no such command.</returns>
    public abstract IEnumerable<Opening> Allow(AllowRequest request);

    /// <summary>Chains of a name in tables of a name, for both families.</summary>
    private protected static IEnumerable<ManagedChain> Chains(AllowRequest request, string table, Func<RuleFamily, string> name) =>
        from t in request.Rules.Tables
        where t.Name == table && t.IsLegacy == request.Decider.Table.IsLegacy
            && (t.Family == RuleFamily.Inet || Fits(t.Family, request.Passage))
        from c in t.Chains
        where c.Name == name(t.Family)
        select new ManagedChain(t, c);

    /// <summary>A rule that accepts, in each of these places.</summary>
    private protected static List<PlacedRule> Accepting(Passage passage, IEnumerable<RulePlace> places) =>
        [.. places.Select(p => new PlacedRule(p, passage.Rule(new RuleVerdict(VerdictKind.Accept))))];

    private static bool Fits(RuleFamily family, Passage passage) =>
        family is RuleFamily.Ip or RuleFamily.Ip6
            && ((passage.Client?.Address ?? passage.Server) is not { } address || address.IsIPv4 == (family == RuleFamily.Ip));
}

/// <summary>What is to be allowed.</summary>
/// <param name="Passage">The packets.</param>
/// <param name="Decider">The rule or policy that stops them.</param>
/// <param name="Ending">The base chain that it is asked from.</param>
/// <param name="Rules">The rules that it stands among.</param>
internal sealed record AllowRequest(Passage Passage, RuleReference Decider, RuleChain Ending, Ruleset Rules)
{
    /// <summary>The names of the interfaces that the packets arrive on. Hostile text.</summary>
    public IReadOnlyList<string> Interfaces { get; init; } = [];

    /// <summary>Whether they pass through this machine.</summary>
    public bool IsForwarded => Ending.Hook?.Point == HookPoint.Forward;

    /// <summary>Whether it is TCP or UDP, which every manager knows.</summary>
    public bool IsUsual => Passage.Protocol is TransportProtocol.Tcp or TransportProtocol.Udp;

    /// <summary>The sender in words, or <c>null</c> for everybody.</summary>
    public string? From => Passage.Client?.ToString();

    /// <summary>Where forwarded packets go, or <c>null</c>.</summary>
    public string? To => IsForwarded ? Passage.Server?.ToString() : null;

    /// <summary>The ports in the manager's words.</summary>
    /// <param name="dash">What stands between the first and the last.</param>
    public string PortWords(char dash) =>
        Passage.Ports.First == Passage.Ports.Last ? Passage.Ports.First.ToString() : $"{Passage.Ports.First}{dash}{Passage.Ports.Last}";
}
