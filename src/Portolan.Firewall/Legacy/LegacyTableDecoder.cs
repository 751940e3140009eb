using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Legacy;

/// <summary>Decodes a legacy table: entries one after another, of which some start a chain.</summary>
/// <remarks>
/// A built-in chain starts at its hook's entry and ends with an entry that is its policy. A user chain starts behind an entry with the
/// target ERROR, which has its name, and ends with an entry that returns. The last entry of the table is an ERROR too.
/// </remarks>
internal sealed class LegacyTableDecoder(LegacyLayout layout, string tableName)
{
    private const int ValidHooks = LegacyLayout.TableNameSize;
    private const int HookEntries = ValidHooks + sizeof(uint);
    private const int Underflows = HookEntries + (LegacyLayout.HookCount * sizeof(uint));

    private readonly LegacyRuleDecoder _rules = new(new XtDecoder());

    /// <summary>The table, or <c>null</c> when the bytes are not as they should be. Never throws.</summary>
    /// <param name="info">The kernel's <c>struct ipt_getinfo</c>.</param>
    /// <param name="table">The entries.</param>
    internal RuleTable? Decode(ReadOnlySpan<byte> info, ReadOnlyMemory<byte> table)
    {
        if (info.Length < LegacyLayout.InfoSize || !TryReadEntries(table, out var entries))
        {
            return null;
        }

        var starts = FindStarts(info, entries);
        var names = new Dictionary<int, string>();
        foreach (var (offset, start) in starts)
        {
            // Jumps go to user chains only; two that start at one offset are none.
            names.TryAdd(offset, start.Name);
        }

        var chains = new List<RuleChain>();
        List<LegacyEntry>? current = null;
        Start? open = null;
        foreach (var entry in entries)
        {
            if (starts.TryGetValue(entry.Offset, out var start))
            {
                if (!TryClose(open, current, names, chains))
                {
                    return null;
                }

                (open, current) = (start, []);
            }

            // The head of a chain belongs to none, and an empty built-in chain ends at once.
            if (entry.ChainName is null)
            {
                current?.Add(entry);
            }
        }

        return TryClose(open, current, names, chains)
            ? new RuleTable(layout.Family, tableName, 0) { IsLegacy = true, Chains = chains }
            : null;
    }

    private bool TryReadEntries(ReadOnlyMemory<byte> table, out List<LegacyEntry> entries)
    {
        entries = [];
        for (var offset = 0; offset < table.Length;)
        {
            if (!LegacyEntry.TryRead(layout, table, offset, out var entry))
            {
                return false;
            }

            entries.Add(entry);
            offset = entry.NextOffset;
        }

        return entries.Count > 0;
    }

    private static Dictionary<int, Start> FindStarts(ReadOnlySpan<byte> info, List<LegacyEntry> entries)
    {
        var starts = new Dictionary<int, Start>();
        var valid = MemoryMarshal.Read<uint>(info[ValidHooks..]);
        for (var hook = 0; hook < LegacyLayout.HookCount; hook++)
        {
            if ((valid & (1u << hook)) != 0)
            {
                starts[MemoryMarshal.Read<int>(info[(HookEntries + (hook * sizeof(int)))..])] = new Start(LegacyHooks.NameOf(hook), hook);
            }
        }

        for (var index = 0; index < entries.Count - 1; index++)
        {
            if (entries[index].ChainName is { } name)
            {
                starts[entries[index].NextOffset] = new Start(name, null);
            }
        }

        return starts;
    }

    /// <summary>Adds the chain whose entries these are; the last is its policy or its return.</summary>
    private bool TryClose(Start? start, List<LegacyEntry>? entries, Dictionary<int, string> names, List<RuleChain> chains)
    {
        if (start is null)
        {
            return true;
        }

        if (entries is not { Count: > 0 } || !entries[^1].IsStandard || LegacyRuleDecoder.KindOf(entries[^1].Verdict) is not { } policy)
        {
            return false;
        }

        var chain = new RuleChain(layout.Family, tableName, start.Name, 0);
        if (start.Hook is { } hook)
        {
            if (LegacyHooks.Find(tableName, hook, policy) is not { } found || policy is not (VerdictKind.Accept or VerdictKind.Drop))
            {
                return false;
            }

            chain = chain with { Hook = found with { PolicyPackets = entries[^1].Packets, PolicyBytes = entries[^1].ByteCount } };
        }

        var rules = new Rule[entries.Count - 1];
        for (var index = 0; index < rules.Length; index++)
        {
            var entry = entries[index];
            if (_rules.Decode(in entry, names) is not { } expressions)
            {
                return false;
            }

            rules[index] = new Rule((ulong)index + 1, expressions) { Comment = CommentOf(expressions), Attributes = entry.Bytes };
        }

        chains.Add(chain with { Rules = rules });
        return true;
    }

    private static string? CommentOf(IReadOnlyList<Expression> expressions)
    {
        foreach (var expression in expressions)
        {
            if (expression is Rules.Expressions.XtMatchExpression { Match: Xt.Matches.CommentMatch comment })
            {
                return comment.Text;
            }
        }

        return null;
    }

    /// <summary>Where a chain starts.</summary>
    private sealed record Start(string Name, int? Hook);
}
