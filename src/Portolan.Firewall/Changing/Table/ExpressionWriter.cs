using System.Runtime.InteropServices;
using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing.Table;

/// <summary>Writes the bytecode that statements of Portolan's own rules are made of (linux/netfilter/nf_tables.h). Everything goes through register 1, as nft does.</summary>
public sealed class ExpressionWriter(NetlinkWriter writer)
{
    private const ushort ListElement = 1; // NFTA_LIST_ELEM
    private const ushort ExpressionName = 1; // NFTA_EXPR_NAME
    private const ushort ExpressionData = 2; // NFTA_EXPR_DATA
    private const ushort DataValue = 1; // NFTA_DATA_VALUE
    private const ushort DataVerdict = 2; // NFTA_DATA_VERDICT
    private const uint Register1 = 1; // NFT_REG_1
    private const int InterfaceNameSize = 16; // IFNAMSIZ

    /// <summary>Loads a fact about the packet.</summary>
    public void Meta(MetaKey key) => Write("meta", () =>
    {
        writer.BigEndian32(2, (uint)key); // NFTA_META_KEY
        writer.BigEndian32(1, Register1); // NFTA_META_DREG
    });

    /// <summary>Loads bytes of the packet.</summary>
    public void Payload(PayloadBase payloadBase, int offset, int length) => Write("payload", () =>
    {
        writer.BigEndian32(1, Register1); // NFTA_PAYLOAD_DREG
        writer.BigEndian32(2, (uint)payloadBase); // NFTA_PAYLOAD_BASE
        writer.BigEndian32(3, (uint)offset); // NFTA_PAYLOAD_OFFSET
        writer.BigEndian32(4, (uint)length); // NFTA_PAYLOAD_LEN
    });

    /// <summary>Loads the state of the connection.</summary>
    public void ConnectionState() => Write("ct", () =>
    {
        writer.BigEndian32(2, (uint)ConnectionKey.State); // NFTA_CT_KEY
        writer.BigEndian32(1, Register1); // NFTA_CT_DREG
    });

    /// <summary>Loads what kind of address the destination is (RTN_*).</summary>
    public void DestinationKind() => Write("fib", () =>
    {
        writer.BigEndian32(3, 2); // NFTA_FIB_FLAGS: NFTA_FIB_F_DADDR
        writer.BigEndian32(2, 3); // NFTA_FIB_RESULT: NFT_FIB_RESULT_ADDRTYPE
        writer.BigEndian32(1, Register1); // NFTA_FIB_DREG
    });

    /// <summary>Goes on only if the register compares so.</summary>
    public void Compare(CompareOperation operation, ReadOnlySpan<byte> value)
    {
        var data = value.ToArray();
        Write("cmp", () =>
        {
            writer.BigEndian32(1, Register1); // NFTA_CMP_SREG
            writer.BigEndian32(2, (uint)operation); // NFTA_CMP_OP
            Value(3, data); // NFTA_CMP_DATA
        });
    }

    /// <summary>Compares with a 32-bit number in host order, as meta, ct and fib load them.</summary>
    public void Compare(CompareOperation operation, uint value) => Compare(operation, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>Compares with an interface's name.</summary>
    public void CompareName(CompareOperation operation, string name)
    {
        Span<byte> bytes = stackalloc byte[InterfaceNameSize];
        bytes.Clear();
        Encoding.ASCII.GetBytes(name, bytes);
        Compare(operation, bytes);
    }

    /// <summary>Keeps the register's bits that the mask has.</summary>
    public void Mask(ReadOnlySpan<byte> mask)
    {
        var bytes = mask.ToArray();
        Write("bitwise", () =>
        {
            writer.BigEndian32(1, Register1); // NFTA_BITWISE_SREG
            writer.BigEndian32(2, Register1); // NFTA_BITWISE_DREG
            writer.BigEndian32(3, (uint)bytes.Length); // NFTA_BITWISE_LEN
            Value(4, bytes); // NFTA_BITWISE_MASK
            Value(5, new byte[bytes.Length]); // NFTA_BITWISE_XOR
        });
    }

    /// <summary>Keeps bits of a 32-bit number in host order.</summary>
    public void Mask(uint mask) => Mask(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in mask)));

    /// <summary>Goes on only if the register is in a set of the table, or is not.</summary>
    public void Lookup(string set, bool isNegated) => Write("lookup", () =>
    {
        writer.BigEndian32(2, Register1); // NFTA_LOOKUP_SREG
        writer.Text(1, set); // NFTA_LOOKUP_SET
        if (isNegated)
        {
            writer.BigEndian32(5, 1); // NFTA_LOOKUP_FLAGS: NFT_LOOKUP_F_INV
        }
    });

    /// <summary>Goes on only for what is beyond the rate.</summary>
    public void LimitOver(RuleRate rate) => Write("limit", () =>
    {
        writer.BigEndian64(1, rate.Count); // NFTA_LIMIT_RATE
        writer.BigEndian64(2, rate.UnitSeconds); // NFTA_LIMIT_UNIT
        writer.BigEndian32(3, RuleRate.Burst); // NFTA_LIMIT_BURST
        writer.BigEndian32(4, 0); // NFTA_LIMIT_TYPE: packets
        writer.BigEndian32(5, 1); // NFTA_LIMIT_FLAGS: NFT_LIMIT_F_INV
    });

    /// <summary>Goes on only for so many packets a second, and as many at once.</summary>
    public void LimitWithin(uint packetsPerSecond) => Write("limit", () =>
    {
        writer.BigEndian64(1, packetsPerSecond); // NFTA_LIMIT_RATE
        writer.BigEndian64(2, 1); // NFTA_LIMIT_UNIT: a second
        writer.BigEndian32(3, packetsPerSecond); // NFTA_LIMIT_BURST
        writer.BigEndian32(4, 0); // NFTA_LIMIT_TYPE: packets
    });

    /// <summary>Has the kernel tell of the packet at each rule from here on.</summary>
    public void Trace()
    {
        Write("immediate", () =>
        {
            writer.BigEndian32(1, Register1); // NFTA_IMMEDIATE_DREG
            Value(2, [1]); // NFTA_IMMEDIATE_DATA
        });
        Write("meta", () =>
        {
            writer.BigEndian32(2, (uint)MetaKey.Trace); // NFTA_META_KEY
            writer.BigEndian32(3, Register1); // NFTA_META_SREG
        });
    }

    /// <summary>Counts, from what was counted before.</summary>
    public void Counter(RuleCount start) => Write("counter", () =>
    {
        writer.BigEndian64(1, start.Bytes); // NFTA_COUNTER_BYTES
        writer.BigEndian64(2, start.Packets); // NFTA_COUNTER_PACKETS
    });

    /// <summary>Accepts or drops.</summary>
    public void Verdict(VerdictKind kind) => Write("immediate", () =>
    {
        writer.BigEndian32(1, 0); // NFTA_IMMEDIATE_DREG: NFT_REG_VERDICT
        var data = writer.BeginNest(2); // NFTA_IMMEDIATE_DATA
        var verdict = writer.BeginNest(DataVerdict);
        writer.BigEndian32(1, (uint)(int)kind); // NFTA_VERDICT_CODE
        writer.EndNest(verdict);
        writer.EndNest(data);
    });

    /// <summary>Answers with a TCP reset.</summary>
    public void RejectWithReset() => Write("reject", () =>
    {
        writer.BigEndian32(1, (uint)RejectKind.TcpReset); // NFTA_REJECT_TYPE
        writer.Byte(2, 0); // NFTA_REJECT_ICMP_CODE
    });

    /// <summary>Answers that the port is unreachable, with ICMP or ICMPv6 as fits (NFT_REJECT_ICMPX_PORT_UNREACH).</summary>
    public void RejectAsUnreachable() => Write("reject", () =>
    {
        writer.BigEndian32(1, (uint)RejectKind.IcmpX);
        writer.Byte(2, 1);
    });

    private void Value(ushort type, byte[] bytes)
    {
        var nest = writer.BeginNest(type);
        writer.Data(DataValue, bytes);
        writer.EndNest(nest);
    }

    private void Write(string name, Action attributes)
    {
        var element = writer.BeginNest(ListElement);
        writer.Text(ExpressionName, name);
        var data = writer.BeginNest(ExpressionData);
        attributes();
        writer.EndNest(data);
        writer.EndNest(element);
    }
}
