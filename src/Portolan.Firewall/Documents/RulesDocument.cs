using System.Text.Json.Serialization;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Model.Documents;

namespace Portolan.Firewall.Documents;

/// <summary>
/// The rules of a network namespace, as <c>portolan.rules/1</c> (docs/schema/portolan.rules-1.json). Names, comments and texts of rules are
/// hostile text.
/// </summary>
/// <param name="TakenAt">When they were read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Managers">Who manages them.</param>
/// <param name="Tables">The tables, made when they are written.</param>
public sealed record RulesDocument(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, IEnumerable<RuleManagerRecord> Managers,
    IEnumerable<RuleTableRecord> Tables)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.rules/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>Rules that were looked over.</summary>
    /// <param name="review">The rules.</param>
    /// <param name="takenAt">When they were read.</param>
    /// <param name="host">The machine.</param>
    public static RulesDocument Of(RuleReview review, DateTimeOffset takenAt, string host)
    {
        ArgumentNullException.ThrowIfNull(review);
        IReadOnlyList<MissingFact> missing = [.. review.Ruleset.Missing, .. review.LeftOut];
        var rules = review.Rules.ToLookup(static r => r.Chain, ReferenceEqualityComparer.Instance as IEqualityComparer<RuleChain>);
        return new RulesDocument(
            TimeText.Rfc3339(takenAt), host, missing.Count == 0, MissingFactRecord.Of(missing),
            review.Managers.All.Select(RuleManagerRecord.Of), review.Ruleset.Tables.Select(table => RuleTableRecord.Of(table, rules)));
    }
}

/// <summary>A table.</summary>
/// <param name="Family">Its family, in nft's words.</param>
/// <param name="Name">Its name.</param>
/// <param name="Handle">The kernel's number of it.</param>
/// <param name="Legacy">Whether it is one of iptables-legacy.</param>
/// <param name="Dormant">Whether its chains are not hooked in.</param>
/// <param name="Comment">Its comment, or <c>null</c>.</param>
/// <param name="Chains">Its chains.</param>
public sealed record RuleTableRecord(
    string Family, string Name, ulong Handle, bool Legacy, bool Dormant, string? Comment, IEnumerable<RuleChainRecord> Chains)
{
    /// <summary>A table as documents have it.</summary>
    internal static RuleTableRecord Of(RuleTable table, ILookup<RuleChain, ReviewedRule> rules) => new(
        RuleWords.Of(table.Family), table.Name, table.Handle, table.IsLegacy, table.Flags.HasFlag(TableFlags.Dormant), table.Comment,
        table.Chains.Select(chain => RuleChainRecord.Of(table, chain, rules)));
}

/// <summary>A chain.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Handle">The kernel's number of it.</param>
/// <param name="Hook">Where it is hooked in; <c>null</c> for a chain that only others jump to.</param>
/// <param name="Default">What becomes of packets that no rule with a condition decides on; <c>null</c> without a hook.</param>
/// <param name="Comment">Its comment, or <c>null</c>.</param>
/// <param name="Rules">Its rules.</param>
public sealed record RuleChainRecord(
    string Name, ulong Handle, ChainHookRecord? Hook, ChainDefaultRecord? Default, string? Comment, IEnumerable<RuleRecord> Rules)
{
    /// <summary>A chain as documents have it.</summary>
    internal static RuleChainRecord Of(RuleTable table, RuleChain chain, ILookup<RuleChain, ReviewedRule> rules) => new(
        chain.Name, chain.Handle, ChainHookRecord.Of(chain.Hook), ChainDefaultRecord.Of(table, chain, rules), chain.Comment,
        rules[chain].Select(RuleRecord.Of));
}

/// <summary>Where a chain is hooked in.</summary>
/// <param name="Point">The hook.</param>
/// <param name="Priority">Lower runs first.</param>
/// <param name="Type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
/// <param name="Policy">What happens to a packet that no rule decides on.</param>
/// <param name="Devices">The interfaces of a chain at a device.</param>
public sealed record ChainHookRecord(string Point, int Priority, string Type, string Policy, IReadOnlyList<string> Devices)
{
    /// <summary>A hook as documents have it; <c>null</c> without one.</summary>
    public static ChainHookRecord? Of(ChainHook? hook) => hook is null ? null
        : new ChainHookRecord(RuleWords.Of(hook.Point), hook.Priority, hook.Type, RuleWords.Policy(hook), hook.Devices);
}

/// <summary>What becomes of packets that no rule with a condition decides on.</summary>
/// <param name="Does">What.</param>
/// <param name="Chain">The chain that decides.</param>
/// <param name="Handle">Its rule; <c>null</c> for its policy.</param>
public sealed record ChainDefaultRecord(string Does, string Chain, ulong? Handle)
{
    internal static ChainDefaultRecord? Of(RuleTable table, RuleChain chain, ILookup<RuleChain, ReviewedRule> rules)
    {
        if (chain.Hook is not { } hook)
        {
            return null;
        }

        var found = ChainDefault.Of(table, chain);
        var does = found.Rule is { } rule
            ? rules[found.Chain].FirstOrDefault(r => ReferenceEquals(r.Rule, rule))?.Says ?? ""
            : RuleWords.Policy(hook);
        return new ChainDefaultRecord(does, found.Chain.Name, found.Rule?.Handle);
    }
}
