using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Tracing;

/// <summary>A table whose rules do nothing but mark packets to be traced, before all other rules see them.</summary>
/// <remarks>Of two chains of one priority that which was loaded last runs first (nf_hook_entries_grow, net/netfilter/core.c).</remarks>
public static class TraceTable
{
    private const byte Inet = (byte)RuleFamily.Inet;
    private const uint Prerouting = 0; // NF_INET_PRE_ROUTING
    private const uint Output = 3; // NF_INET_LOCAL_OUT
    private const uint Ingress = 0; // NF_NETDEV_INGRESS
    private const int First = int.MinValue; // NF_IP_PRI_FIRST

    /// <summary>A name that no table of the rules has.</summary>
    public static string FreeName(Ruleset ruleset, string wish)
    {
        var name = wish;
        for (var number = 2; ruleset.Tables.Any(table => string.Equals(table.Name, name, StringComparison.Ordinal)); number++)
        {
            name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{wish}{number}");
        }

        return name;
    }

    /// <summary>Adds the table to a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="isOwned">Whether it goes with the socket that sends the batch (Linux 5.12).</param>
    /// <param name="rules">What is to be traced: each writes the tests of one rule. None: everything.</param>
    public static void Add(NetfilterBatch batch, string name, bool isOwned, IReadOnlyList<Action<ExpressionWriter>> rules)
    {
        var writer = batch.Begin(NetfilterMessage.NewTable, Inet, NetlinkFlags.Create | NetlinkFlags.Exclusive, $"table inet {name}");
        writer.Text(1, name); // NFTA_TABLE_NAME
        writer.BigEndian32(2, isOwned ? (uint)TableFlags.Owner : 0); // NFTA_TABLE_FLAGS
        AddChain(batch, Inet, name, "prerouting", Prerouting, device: null, rules);
        AddChain(batch, Inet, name, "output", Output, device: null, rules);
    }

    /// <summary>Adds a table that sees what arrives on one device before everything else.</summary>
    internal static void AddIngress(NetfilterBatch batch, string name, string device)
    {
        var family = (byte)RuleFamily.NetDevice;
        batch.Begin(NetfilterMessage.NewTable, family, NetlinkFlags.Create | NetlinkFlags.Exclusive, $"table netdev {name}").Text(1, name);
        AddChain(batch, family, name, "ingress", Ingress, device, []);
    }

    private static void AddChain(
        NetfilterBatch batch, byte family, string table, string chain, uint hook, string? device,
        IReadOnlyList<Action<ExpressionWriter>> rules)
    {
        var writer = batch.Begin(NetfilterMessage.NewChain, family, NetlinkFlags.Create, $"chain {chain}");
        writer.Text(1, table); // NFTA_CHAIN_TABLE
        writer.Text(3, chain); // NFTA_CHAIN_NAME
        var nest = writer.BeginNest(4); // NFTA_CHAIN_HOOK
        writer.BigEndian32(1, hook); // NFTA_HOOK_HOOKNUM
        writer.BigEndian32(2, unchecked((uint)First)); // NFTA_HOOK_PRIORITY
        if (device is not null)
        {
            writer.Text(3, device); // NFTA_HOOK_DEV
        }

        writer.EndNest(nest);
        writer.BigEndian32(5, (uint)VerdictKind.Accept); // NFTA_CHAIN_POLICY
        writer.Text(7, "filter"); // NFTA_CHAIN_TYPE
        foreach (var rule in rules.Count > 0 ? rules : [static _ => { }])
        {
            writer = batch.Begin(NetfilterMessage.NewRule, family, NetlinkFlags.Create | NetlinkFlags.Append, $"rule of chain {chain}");
            writer.Text(1, table); // NFTA_RULE_TABLE
            writer.Text(2, chain); // NFTA_RULE_CHAIN
            nest = writer.BeginNest(4); // NFTA_RULE_EXPRESSIONS
            var expressions = new ExpressionWriter(writer);
            rule(expressions);
            expressions.Trace();
            writer.EndNest(nest);
        }
    }
}
