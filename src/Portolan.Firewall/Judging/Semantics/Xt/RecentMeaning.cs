using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A list of addresses that were seen (recent_mt).</summary>
internal sealed class RecentMeaning : XtMatchMeaning<RecentMatch>
{
    private readonly Dictionary<(string Name, bool IsIPv4), ElementSet> _lists = [];

    protected override void Compile(RecentMatch match, RuleBuilder rule)
    {
        var isIPv4 = rule.Context.IsIPv4;
        if (!_lists.TryGetValue((match.Name, isIPv4), out var list))
        {
            _lists.Add((match.Name, isIPv4), list = new ElementSet(match.Name, 0, SetFlags.None, 0, isIPv4 ? 4 : 16));
        }

        var field = match.ByDestination ? PacketField.DestinationAddress : PacketField.SourceAddress;
        var key = BitValue.Whole(field, rule.Context.Width(field));
        if (match.Action.HasFlag(RecentAction.Set))
        {
            rule.Add(new AddToSetStep(list, key, isDeletion: false));
            if (match.IsInverted)
            {
                rule.Break();
            }

            return;
        }

        if (PrefixOf(match, rule.Context) is { } length)
        {
            rule.Scope = !match.ByDestination ? LimitScope.Senders(length, isIPv4)
                : length == 0 ? LimitScope.All
                : LimitScope.Other("each address of this machine");
            var question = rule.Question($"it depends on which senders its list \"{match.Name}\" has seen, and when");
            rule.Add(new RecentTest(
                match, list, rule.Context.RecentLists, (field, length), isIPv4, rule.Limit(Amount(match, 0)) with { List = list },
                rule.Limit(Amount(match, 1)) with { List = list }, question));
            rule.Scope = LimitScope.All;
        }
        else
        {
            rule.Doubt($"it depends on the mask of its list \"{match.Name}\", which comes from the first rule that names the "
                + $"list, or is not a prefix");
        }

        if (match.Action.HasFlag(RecentAction.Remove))
        {
            rule.Add(new AddToSetStep(list, key, isDeletion: true));
        }
    }

    /// <summary>How many bits of addresses the list distinguishes; <c>null</c> where that is not known.</summary>
    /// <remarks>A list has the mask of the rule that made it (recent_mt_check).</remarks>
    private static int? PrefixOf(RecentMatch match, JudgeContext context)
    {
        var width = context.IsIPv4 ? 32 : 128;
        var known = context.RecentMasks.TryGetValue(match.Name, out var all) ? all : [match.Mask];
        var masks = known.Select(m => m >> (128 - width)).Distinct().ToList();
        var host = ~masks[0] & BitSegment.Ones(width);
        return masks.Count == 1 && (host & (host + 1)) == 0 ? width - (int)UInt128.PopCount(host) : null;
    }

    private static LimitMeasure Amount(RecentMatch match, uint own) =>
        LimitMeasure.Within(Math.Max(1, match.HitCount) - own, match.Seconds);
}
