using System.Globalization;
using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Changing.Table;

/// <summary>
/// What the kernel's table <c>inet portolan</c> says. The kernel leaves out elements whose time is over, and so does the state.
/// </summary>
/// <param name="State">Rules and changes that still count.</param>
/// <param name="Expired">Changes that were not confirmed in time; the kernel has taken them back.</param>
public sealed record OwnTable(OwnState State, IReadOnlyList<OwnChange> Expired)
{
    /// <summary>Rules that the notes tell of and that another program took out of the chain, as <c>nft flush chain</c> does.</summary>
    public IReadOnlyList<OwnRule> Lost { get; init; } = [];

    /// <summary>
    /// Whether something that the notes tell of is not in the table any more, as when its time is over. A reading that misses an element
    /// looks the same.
    /// </summary>
    public bool HasEnded { get; init; }

    /// <summary>No table.</summary>
    public static OwnTable None { get; } = new(OwnState.Empty, []);

    /// <summary>The table among others, or <c>null</c>.</summary>
    public static RuleTable? Find(Ruleset rules) => rules.Tables.FirstOrDefault(Is);

    /// <summary>Whether a table is Portolan's own.</summary>
    public static bool Is(RuleTable table) => table is { Family: RuleFamily.Inet, IsLegacy: false, Name: TableImage.TableName };

    /// <summary>Reads the table.</summary>
    /// <exception cref="PortolanException">There is a table of this name whose notes are not Portolan's, or damaged.</exception>
    public static OwnTable Read(Ruleset rules)
    {
        if (Find(rules) is not { } table)
        {
            return None;
        }

        var sets = table.Sets.ToDictionary(s => s.Name, StringComparer.Ordinal);

        // A set that is rehashed while it is dumped may show an element twice, or not at all (nft_rhash_walk); the keys are numbers from 1
        // on.
        var notes = sets.GetValueOrDefault(NotesWriter.Notes)?.Elements.DistinctBy(Key).OrderBy(Key).ToList() ?? [];
        if (notes.Count == 0 || Key(notes[^1]) != notes.Count
            || !NotesReader.TryRead(notes.Select(e => e.Extra?.Comment ?? ""), out var noted))
        {
            throw new PortolanException(
                "table inet portolan is not as this version of Portolan writes it, and is left alone",
                $"nft list table inet portolan shows it; nft delete table inet portolan removes it, and Portolan starts anew",
                ExitCode.Failed);
        }

        var pending = sets.GetValueOrDefault(NotesWriter.Pending)?.Elements.DistinctBy(Key).ToDictionary(e => (int)Key(e)) ?? [];
        var (kept, expired) = (new List<OwnChange>(), new List<OwnChange>());
        foreach (var change in noted.Changes)
        {
            if (!change.IsPending)
            {
                kept.Add(change);
            }
            else if (pending.TryGetValue(change.Number, out var element))
            {
                kept.Add(change with { Timeout = Timeout(element), Remaining = Remaining(element) });
            }
            else
            {
                expired.Add(change);
            }
        }

        var counts = Counts(table);
        var gone = expired.SelectMany(c => c.Added).ToHashSet();
        var there = noted.Rules.Where(r => !gone.Contains(r.Number)).ToList();
        var rulesLeft = there.Select(r => WithTimes(r, sets, counts)).OfType<OwnRule>().ToLookup(r => counts.ContainsKey(r.Number));
        return new OwnTable(noted with { Rules = [.. rulesLeft[true]], Changes = kept }, expired)
        {
            Lost = [.. rulesLeft[false]],
            HasEnded = expired.Count > 0 || rulesLeft[true].Count() + rulesLeft[false].Count() < there.Count,
        };
    }

    /// <summary>The rule with what the kernel says of its times; <c>null</c> when its time is over.</summary>
    private static OwnRule? WithTimes(OwnRule rule, Dictionary<string, ElementSet> sets, Dictionary<int, List<RuleCount>> counts)
    {
        if (sets.GetValueOrDefault(OwnTableBuilder.GateOf(rule)) is not { Elements: [var gate, ..] })
        {
            return null;
        }

        var pause = sets.GetValueOrDefault(OwnTableBuilder.PauseOf(rule));
        return rule with
        {
            Timeout = Timeout(gate),
            Remaining = Timeout(gate) is null ? null : Remaining(gate),
            PausedFor = pause is { Elements: [var paused, ..] } ? Remaining(paused) : null,
            Counts = counts.GetValueOrDefault(rule.Number) ?? [],
        };
    }

    private static Dictionary<int, List<RuleCount>> Counts(RuleTable table)
    {
        var counts = new Dictionary<int, List<RuleCount>>();
        foreach (var rule in table.Chains.SelectMany(c => c.Rules))
        {
            if (RuleNumberOf(rule) is { } number && rule.Expressions.OfType<CounterExpression>().FirstOrDefault() is { } counter)
            {
                (counts.TryGetValue(number, out var list) ? list : counts[number] = []).Add(new RuleCount(counter.Packets, counter.Bytes));
            }
        }

        return counts;
    }

    /// <summary>The number of Portolan's rule that a kernel rule of its table is part of, from its comment; <c>null</c> for none.</summary>
    public static int? RuleNumberOf(Rule rule) =>
        rule.Comment is ['#', ..] text
        && int.TryParse(
            text.AsSpan(1, Math.Max(0, text.IndexOf(' ', StringComparison.Ordinal) - 1)), NumberStyles.None, CultureInfo.InvariantCulture,
            out var number)
            ? number
            : null;

    private static uint Key(SetElement element) => MemoryMarshal.TryRead(element.Key.Span, out uint key) ? key : 0;

    private static TimeSpan? Timeout(SetElement element) =>
        element.Extra?.TimeoutMilliseconds is { } milliseconds and > 0
            ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue * 100L))
            : null;

    private static TimeSpan Remaining(SetElement element) =>
        TimeSpan.FromMilliseconds(Math.Min(
            element.Extra?.ExpirationMilliseconds ?? element.Extra?.TimeoutMilliseconds ?? 0, int.MaxValue * 100L));
}
