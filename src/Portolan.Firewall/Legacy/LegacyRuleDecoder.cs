using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Legacy;

/// <summary>Makes a rule's expressions of an entry: the IP header, the matches, the counter, the target.</summary>
internal sealed class LegacyRuleDecoder(XtDecoder xt)
{
    private const byte GotoIPv4 = 2; // IPT_F_GOTO
    private const byte GotoIPv6 = 4; // IP6T_F_GOTO

    /// <summary>The expressions, or <c>null</c> when the entry is not as it should be.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="chains">The names of chains by the offset of their first rule.</param>
    internal IReadOnlyList<Expression>? Decode(in LegacyEntry entry, IReadOnlyDictionary<int, string> chains)
    {
        var expressions = new List<Expression>();
        if (IpHeaderDecoder.Decode(in entry) is { } header)
        {
            expressions.Add(header);
        }

        var rest = entry.Matches;
        while (!rest.IsEmpty)
        {
            if (!LegacyEntry.TryReadExtension(rest, out var size, out var name, out var revision))
            {
                return null;
            }

            var info = rest[LegacyLayout.ExtensionHeaderSize..size];
            expressions.Add(new XtMatchExpression(name, revision, info)
            {
                Match = xt.DecodeMatch(name, new XtPayload(entry.Layout.Family, revision, info)),
            });
            rest = rest[size..];
        }

        // Counted is what all matches let through (ipt_do_table).
        expressions.Add(new CounterExpression(entry.ByteCount, entry.Packets));
        return TryAddTarget(in entry, chains, expressions) ? expressions : null;
    }

    private bool TryAddTarget(in LegacyEntry entry, IReadOnlyDictionary<int, string> chains, List<Expression> expressions)
    {
        if (!entry.IsStandard)
        {
            expressions.Add(new XtTargetExpression(entry.TargetName, entry.TargetRevision, entry.TargetInfo)
            {
                Target = xt.DecodeTarget(entry.TargetName, new XtPayload(entry.Layout.Family, entry.TargetRevision, entry.TargetInfo)),
            });
            return true;
        }

        var verdict = entry.Verdict;
        if (verdict >= 0)
        {
            // A rule without a target jumps to the next one.
            if (verdict == entry.NextOffset)
            {
                return true;
            }

            var isGoto = (entry.Bytes.Span[entry.Layout.Flags] & (entry.Layout.Family == RuleFamily.Ip6 ? GotoIPv6 : GotoIPv4)) != 0;
            if (!chains.TryGetValue(verdict, out var chain))
            {
                return false;
            }

            expressions.Add(Immediate(new RuleVerdict(isGoto ? VerdictKind.Goto : VerdictKind.Jump, chain)));
            return true;
        }

        if (KindOf(verdict) is not { } kind)
        {
            return false;
        }

        expressions.Add(Immediate(new RuleVerdict(kind)));
        return true;
    }

    /// <summary>The verdict of a negative number.</summary>
    internal static VerdictKind? KindOf(int verdict) => verdict switch
    {
        LegacyEntry.Return => VerdictKind.Return,
        -1 => VerdictKind.Drop, // -NF_DROP - 1
        -2 => VerdictKind.Accept,
        -4 => VerdictKind.Queue,
        _ => null,
    };

    private static ImmediateExpression Immediate(RuleVerdict verdict) => new(Register.Verdict, default, verdict);
}
