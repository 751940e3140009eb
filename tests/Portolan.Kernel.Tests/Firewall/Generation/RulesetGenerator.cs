using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Makes rulesets from a seed: every expression of the first tier, in tables, chains and hooks of every kind.</summary>
internal sealed class RulesetGenerator(Dice dice, AddressPool addresses, PortPool ports)
{
    private readonly Verdicts _verdicts = new(dice);

    public RulesetDraft Make()
    {
        var draft = new RulesetDraft();
        var count = dice.Of(1, 1, 1, 2, 2, 3);
        for (var i = 0; i < count; i++)
        {
            var family = dice.Weighted((55, () => "inet"), (22, () => "ip"), (17, () => "ip6"), (6, () => "netdev"));
            draft.Tables.Add(Table(family, $"t{i}"));
        }

        return draft;
    }

    private TableDraft Table(string family, string name)
    {
        var table = new TableDraft(family, name);
        var leaves = Enumerable.Range(0, dice.Of(0, 1, 2, 3)).Select(i => $"c{i}").ToArray();
        var sets = new NamedSets(dice, addresses, ports, family);
        sets.Make(dice.Next(6), leaves.Length > 0 ? leaves[^1] : null, _verdicts);
        if (dice.Percent(3))
        {
            table.Sets.Add("flags dormant");
        }

        table.Sets.AddRange(sets.Text);

        // Rules name chains that nft must know before: the last ones first.
        for (var i = leaves.Length - 1; i >= 0; i--)
        {
            table.Chains.Add(Filled(
                new ChainDraft(leaves[i], ""), family == "netdev" ? "ingress" : "", false, family, sets, leaves[(i + 1)..],
                i < leaves.Length - 1, dice.Next(5)));
        }

        var hooks = family == "netdev" ? dice.Between(1, 2) : dice.Between(1, 4);
        for (var i = 0; i < hooks; i++)
        {
            table.Chains.Add(Base(family, $"b{i}", sets, leaves));
        }

        return table;
    }

    private ChainDraft Base(string family, string name, NamedSets sets, string[] leaves)
    {
        if (family == "netdev" || (family == "inet" && dice.Percent(3)))
        {
            if (family == "netdev" && dice.Percent(40))
            {
                // The lab's markers must come through.
                var egress = new ChainDraft(
                    name,
                    $"type filter hook egress device {dice.Of("\"eth0\"", "\"eth2\"", "\"eth1\"")} priority {dice.Of(-500, 0, 10)}; policy "
                        + $"{Policy(15)}; ether type 0x{FrameTap.MarkerType:x} accept");
                return Filled(egress, "egress", false, family, sets, leaves, true, dice.Between(1, 4));
            }

            var ingress = new ChainDraft(
                name,
                $"type filter hook ingress {dice.Of("device \"eth0\"", "device \"eth1\"", "devices = { eth0, eth1 }")} priority "
                    + $"{dice.Of(-500, 0, 10)}; policy {Policy(15)};");
            return Filled(
                ingress, "ingress", false, family, sets, family == "netdev" ? leaves : [], family == "netdev", dice.Between(1, 4));
        }

        var kind = dice.Weighted(
            (34, () => "input"), (22, () => "forward"), (16, () => "prerouting"), (13, () => "dnat"), (6, () => "output"),
            (5, () => "postrouting"), (5, () => "snat"), (1, () => "nat-input"), (2, () => "nat-output"));
        var (type, hook, priority, policy) = kind switch
        {
            "input" => ("filter", "input", dice.Of(-150, -10, 0, 0, 0, 10), Policy(45)),
            "forward" => ("filter", "forward", dice.Of(-10, 0, 0, 0, 10), Policy(45)),
            "prerouting" => ("filter", "prerouting", dice.Of(-300, -300, -250, -140, -50, 0), Policy(10)),
            "dnat" => ("nat", "prerouting", dice.Of(-100, -100, -110, -90), "accept"),
            "output" => ("filter", "output", dice.Of(-150, 0, 0, 10), Policy(15)),
            "postrouting" => ("filter", "postrouting", dice.Of(-150, 0, 50), Policy(8)),
            "snat" => ("nat", "postrouting", dice.Of(100, 100, 110), "accept"),
            "nat-output" => ("nat", "output", -100, "accept"),
            _ => ("nat", "input", 100, "accept"),
        };
        var isNat = type == "nat";
        var chain = new ChainDraft(name, $"type {type} hook {hook} priority {priority}; policy {policy};");
        return Filled(chain, hook, isNat, family, sets, isNat ? [] : leaves, !isNat, dice.Between(1, isNat ? 4 : 7));
    }

    private string Policy(int drops) => dice.Percent(drops) ? "drop" : "accept";

    private ChainDraft Filled(
        ChainDraft chain, string hook, bool isNat, string family, NamedSets sets, string[] targets, bool mayUseMaps, int rules)
    {
        var writer = new RuleWriter(dice, addresses, ports, sets, family, hook, isNat, targets, mayUseMaps);
        for (var i = 0; i < rules; i++)
        {
            chain.Rules.Add(writer.Rule());
        }

        return chain;
    }
}
