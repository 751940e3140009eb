using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>A match whose parameters are not known here.</summary>
internal sealed class NamedMatchMeaning : XtMatchMeaning<NamedMatch>
{
    protected override void Compile(NamedMatch match, RuleBuilder rule)
    {
        // Extension headers of IPv6: whatever these look for in one, inverted or not, a packet without it does not match (rt_mt6, frag_mt6,
        // hbh_mt6). Packets that begin connections have none, as for the expressions of nftables.
        if (match.Name is "rt" or "frag" or "hbh" or "dst")
        {
            rule.Break();
            return;
        }

        rule.Doubt(match.Nature switch
        {
            MatchNature.Rate => "it depends on how many packets arrived before",
            MatchNature.History => "it depends on which packets arrived before",
            MatchNature.Chance => "it is random",
            MatchNature.Time => "it depends on the time",
            MatchNature.Content => "it tests packet bytes that are not modelled",
            _ => "it depends on host state that is not modelled",
        });
    }
}
