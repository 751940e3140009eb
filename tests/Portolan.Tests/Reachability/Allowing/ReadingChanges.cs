using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;
using Portolan.Model;
using Portolan.Reachability.Judging;
using Portolan.Tests.Firewall.Judging;

namespace Portolan.Tests.Reachability.Allowing;

/// <summary>Two readings of a machine at the same generation, between which something changed that verdicts rest on.</summary>
internal static class ReadingChanges
{
    private static readonly Dictionary<string, (FirewallReading Before, FirewallReading After)> Changes = new()
    {
        ["an address"] = (Make(), Make(host: static h => h with { Addresses = [] })),
        ["a route"] = (Make(), Make(host: static h => h with { Routes = [.. h.Routes.SkipLast(1)] })),
        ["the interface of a route"] =
            (Make(), Make(host: static h => h with { Routes = [h.Routes[0], h.Routes[1] with { Interfaces = [1] }] })),
        ["a setting"] = (Make(), Make(host: static h => h with { ForwardsIPv4 = true })),
        ["an interface"] =
            (Make(), Make(host: static h => h with { Interfaces = [h.Interfaces[0], h.Interfaces[1] with { Group = 7 }] })),
        ["a rule of a legacy table"] = (Make(Legacy(80)), Make(Legacy(81))),
        ["an element that goes by itself"] = (Make(Timed(SetFlags.Timeout, 1)), Make(Timed(SetFlags.Timeout, 2))),
        ["an element that a rule added"] = (Make(Timed(SetFlags.Evaluated, 1)), Make(Timed(SetFlags.Evaluated, 2))),
        ["an element of an ipset"] = (Make(WithSet(80)), Make(WithSet(81))),
        ["a list of what was seen"] =
            (Make(WithList()), Make(WithList())),
        ["what is left of a quota"] = (Make(Quota(5)), Make(Quota(0))),
        ["rules that were read before the change ended"] = (Make(Ruleset.Empty with { IsTorn = true }), Make(Ruleset.Empty)),
        ["what could not be read"] =
            (Make(), Make(Ruleset.Empty with { Missing = [new MissingFact(MissingFactCode.RulesUnread, "a", "b")] })),
    };

    public static TheoryData<string> All => [.. Changes.Keys];

    public static (FirewallReading Before, FirewallReading After) Of(string name) => Changes[name];

    private static FirewallReading Make(Ruleset? rules = null, Func<HostFacts, HostFacts>? host = null) =>
        new(rules ?? Ruleset.Empty, host is null ? JudgedHost.Make() : host(JudgedHost.Make()));

    private static Ruleset Legacy(ushort port)
    {
        var rule = new Rule(
            1, [
                new XtMatchExpression("multiport", 1, default)
                {
                    Match = new MultiportMatch(
                        MultiportField.Destination, [new Portolan.Firewall.Xt.PortSpan(port, port)], false),
                },
                new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Drop)),
            ]);
        return Of(new RuleTable(RuleFamily.Ip, "filter", 0) { IsLegacy = true, Chains = [Chain(rule)] });
    }

    private static Ruleset Timed(SetFlags flags, byte key) => Of(new RuleTable(RuleFamily.Inet, "t", 1)
    {
        Sets = [new ElementSet("s", 1, flags, 0, 2) { Elements = [new SetElement(new byte[] { 0, key }, default, default, null)] }],
    });

    private static Ruleset WithSet(ushort port) => Ruleset.Empty with
    {
        IpSets = [new IpSet("s", 1, "bitmap:port", true) { Elements = [new IpSetElement(null, null, 0, port, port, null, false)] }],
    };

    private static Ruleset WithList() => Ruleset.Empty with { RecentLists = [new RecentList("l", [])] };

    private static Ruleset Quota(ulong consumed) => Of(new RuleTable(RuleFamily.Inet, "t", 1)
    {
        Chains = [Chain(new Rule(1, [new QuotaExpression(5, consumed, false)]))],
    });

    private static RuleChain Chain(Rule rule) => new(RuleFamily.Ip, "filter", "INPUT", 1)
    {
        Hook = new ChainHook(HookPoint.Input, 0, "filter", VerdictKind.Accept, []),
        Rules = [rule],
    };

    private static Ruleset Of(RuleTable table) => new(7, [table]);
}
