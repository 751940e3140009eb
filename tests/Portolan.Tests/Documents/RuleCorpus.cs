using Portolan.Firewall.Managers;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Tests.Documents;

/// <summary>Rules with everything that a document may have to carry.</summary>
internal static class RuleCorpus
{
    private const string Hostile = DocumentCorpus.Hostile;

    private static readonly Rule Drop =
        new(ulong.MaxValue, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Drop))]) { Comment = Hostile };

    private static readonly Rule Bare = new(0, []);

    private static readonly IReadOnlyList<OwnRuleStatus?> States =
    [
        new(OwnRuleState.On, null, null), new(OwnRuleState.Pending, TimeSpan.FromSeconds(1.001), int.MaxValue),
        new(OwnRuleState.Paused, TimeSpan.Zero, 7), new(OwnRuleState.Ended, null, null), null,
    ];

    public static RuleReview Review()
    {
        var input = new RuleChain(RuleFamily.Inet, Hostile, "input", 7)
        {
            Hook = new ChainHook(HookPoint.Input, int.MinValue, "filter", VerdictKind.Drop, []),
            Comment = Hostile,
            Rules = [Drop, Bare],
        };
        var quiet = new RuleChain(RuleFamily.Inet, Hostile, Hostile, ulong.MaxValue)
        {
            Hook = new ChainHook(HookPoint.Ingress, 300, Hostile, VerdictKind.Accept, ["eth0", Hostile]),
        };
        var called = new RuleChain(RuleFamily.Inet, Hostile, "DOCKER-USER", 0) { Rules = [Bare] };
        var table = new RuleTable(RuleFamily.Inet, Hostile, ulong.MaxValue)
        {
            Flags = TableFlags.Dormant | TableFlags.Owner,
            Comment = Hostile,
            Chains = [input, quiet, called],
        };
        var legacy = new RuleTable(RuleFamily.Ip, "filter", 0) { IsLegacy = true };
        var empty = new RuleTable(RuleFamily.NetDevice, "", 1);
        var rules = new Ruleset(1, [table, legacy, empty]) { Missing = DocumentCorpus.Missing };
        var managers = RuleManagers.Of(rules);
        var reviewed = new List<ReviewedRule>
        {
            new(table, input, Drop)
            {
                Text = Hostile,
                Says = Hostile,
                From = [Hostile, "ip saddr 10.0.0.0/8"],
                Conditions = ["ct state new", Hostile],
                Ports = [new(6, 0, 65535), new(17, 53, 53), new(132, 1, 1), new(33, 2, 2), new(136, 3, 3), new(255, 4, 4), new(null, 5, 5)],
                ShadowedBy = Drop,
                Manager = managers.All[0],
                Counter = new CounterExpression(ulong.MaxValue, 0),
            },
        };
        reviewed.AddRange(States.Select(
            state => new ReviewedRule(table, called, Bare) { Text = "", Says = "", From = [], Ports = [], Own = state }));
        return new RuleReview(rules, managers, reviewed) { LeftOut = [DocumentCorpus.Missing[0]] };
    }
}
