using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Sets of ipset (set_match_v4).</summary>
internal sealed class SetMatchMeaning : XtMatchMeaning<SetMatch>
{
    protected override void Compile(SetMatch match, RuleBuilder rule)
    {
        if (match.Packets is { Operation: not 0 } || match.Bytes is { Operation: not 0 })
        {
            rule.Doubt("it depends on the counters of its set");
            return;
        }

        var found = rule.Context.IpSets.FirstOrDefault(set => set.Index == match.Set.Index);
        if (found?.Elements is null || match.Set.ReturnsNoMatch)
        {
            rule.Doubt(found is null ? "its set could not be read" : "its set has a type that is not evaluated");
            return;
        }

        if (found.Family is RuleFamily.Ip or RuleFamily.Ip6 && (found.Family == RuleFamily.Ip) != rule.Context.IsIPv4)
        {
            // A set of the other family holds nothing; one of ports has no family (ip_set_test).
            if (!match.Set.IsInverted)
            {
                rule.Break();
            }

            return;
        }

        if (rule.Context.ChangedIpSets.Contains(match.Set.Index))
        {
            rule.Doubt("an earlier rule may have changed its set");
        }
        else if (IpSetBoxes.TryMake(found, match.Set, rule.Context) is { } index)
        {
            rule.Add(new SetTest(index, match.Set.IsInverted, rule.Question("the elements of its set split the packets too finely")));
        }
        else
        {
            rule.Doubt("its set has a type that is not evaluated");
        }
    }
}
