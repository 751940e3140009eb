using System.Buffers.Binary;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Guarding;

/// <summary>The table that keeps the kernel's TCP from ports that another stack uses: what comes in for them is dropped before anything else looks at it, and no RST leaves from them.</summary>
internal static class GuardTable
{
    /// <summary>The chain that sees what comes in.</summary>
    internal const string Incoming = "incoming";

    /// <summary>The chain that sees what this host sends.</summary>
    internal const string Outgoing = "outgoing";

    private const byte Inet = (byte)RuleFamily.Inet;
    private const uint Prerouting = 0; // NF_INET_PRE_ROUTING
    private const uint Output = 3; // NF_INET_LOCAL_OUT

    /// <summary>Before fragments are put together (-400), the raw table (-300) and connection tracking (-200).</summary>
    private const int Priority = -500;

    private const int SourcePort = 0;
    private const int DestinationPort = 2;
    private const int Flags = 13;
    private const byte Reset = 4;

    /// <summary>The table as a batch. It belongs to the socket that sends it, and goes with it (NFT_TABLE_F_OWNER, Linux 5.12).</summary>
    internal static NetfilterBatch Batch(string name, PortRange ports)
    {
        var batch = new NetfilterBatch();
        var writer = batch.Begin(NetfilterMessage.NewTable, Inet, NetlinkFlags.Create | NetlinkFlags.Exclusive, $"table inet {name}");
        writer.Text(1, name); // NFTA_TABLE_NAME
        writer.BigEndian32(2, (uint)TableFlags.Owner); // NFTA_TABLE_FLAGS
        AddChain(batch, name, Incoming, Prerouting, expressions =>
        {
            ToPorts(expressions, DestinationPort, ports);

            // What only passes through this host is not ours.
            expressions.DestinationKind();
            expressions.Compare(CompareOperation.Equal, (uint)HostRouteKind.Local);
        });
        AddChain(batch, name, Outgoing, Output, expressions =>
        {
            ToPorts(expressions, SourcePort, ports);
            expressions.Payload(PayloadBase.Transport, Flags, 1);
            expressions.Mask([Reset]);
            expressions.Compare(CompareOperation.NotEqual, [0]);
        });
        return batch;
    }

    private static void ToPorts(ExpressionWriter expressions, int offset, PortRange ports)
    {
        expressions.Meta(MetaKey.TransportProtocol);
        expressions.Compare(CompareOperation.Equal, [(byte)TransportProtocol.Tcp]);
        expressions.Payload(PayloadBase.Transport, offset, sizeof(ushort));
        expressions.Compare(CompareOperation.GreaterOrEqual, Bytes(ports.First));
        expressions.Compare(CompareOperation.LessOrEqual, Bytes(ports.Last));
    }

    private static void AddChain(NetfilterBatch batch, string table, string chain, uint hook, Action<ExpressionWriter> tests)
    {
        var writer = batch.Begin(NetfilterMessage.NewChain, Inet, NetlinkFlags.Create, $"chain {chain}");
        writer.Text(1, table); // NFTA_CHAIN_TABLE
        writer.Text(3, chain); // NFTA_CHAIN_NAME
        var nest = writer.BeginNest(4); // NFTA_CHAIN_HOOK
        writer.BigEndian32(1, hook); // NFTA_HOOK_HOOKNUM
        writer.BigEndian32(2, unchecked((uint)Priority)); // NFTA_HOOK_PRIORITY
        writer.EndNest(nest);
        writer.BigEndian32(5, (uint)VerdictKind.Accept); // NFTA_CHAIN_POLICY
        writer.Text(7, "filter"); // NFTA_CHAIN_TYPE
        writer = batch.Begin(NetfilterMessage.NewRule, Inet, NetlinkFlags.Create | NetlinkFlags.Append, $"rule of chain {chain}");
        writer.Text(1, table); // NFTA_RULE_TABLE
        writer.Text(2, chain); // NFTA_RULE_CHAIN
        nest = writer.BeginNest(4); // NFTA_RULE_EXPRESSIONS
        var expressions = new ExpressionWriter(writer);
        tests(expressions);
        expressions.Counter(default);
        expressions.Verdict(VerdictKind.Drop);
        writer.EndNest(nest);
    }

    private static byte[] Bytes(PortNumber port)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port.Value);
        return bytes;
    }
}
