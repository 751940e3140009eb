using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Guarding;

/// <summary>
/// The table that keeps the kernel's TCP from ports that another stack uses: what comes in for them is dropped before anything else looks
/// at it, and no RST leaves from them.
/// </summary>
internal static class GuardTable
{
    /// <summary>The chain that sees what comes in, and its counter.</summary>
    internal const string Incoming = "incoming";

    /// <summary>The chain that sees what this host sends, and its counter.</summary>
    internal const string Outgoing = "outgoing";

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
        var table = new InetTableWriter(batch, name);
        table.Create(TableFlags.Owner, mayExist: false);
        AddChain(table, Incoming, HookPoint.Prerouting, expressions =>
        {
            ToPorts(expressions, DestinationPort, ports);

            // What only passes through this host is not ours.
            expressions.DestinationKind();
            expressions.Compare(CompareOperation.Equal, (uint)HostRouteKind.Local);
        });
        AddChain(table, Outgoing, HookPoint.Output, expressions =>
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
        expressions.Compare(CompareOperation.GreaterOrEqual, KeyBytes.Of(ports.First));
        expressions.Compare(CompareOperation.LessOrEqual, KeyBytes.Of(ports.Last));
    }

    private static void AddChain(InetTableWriter table, string chain, HookPoint hook, Action<ExpressionWriter> tests)
    {
        table.Counter(chain);
        table.BaseChain(chain, "filter", hook, Priority);
        table.Rule(chain, expressions =>
        {
            tests(expressions);
            expressions.Count(chain);
            expressions.Verdict(VerdictKind.Drop);
        });
    }
}
