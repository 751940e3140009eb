using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing.Table;

/// <summary>
/// Writes the bytecode that statements of Portolan's own rules are made of (linux/netfilter/nf_tables.h). Everything goes through register
/// 1, as nft does; what is looked up together is in the registers of 4 bytes from there on.
/// </summary>
public sealed class ExpressionWriter(NetlinkWriter writer)
{
    private const ushort ListElement = 1; // NFTA_LIST_ELEM
    private const ushort ExpressionName = 1; // NFTA_EXPR_NAME
    private const ushort ExpressionData = 2; // NFTA_EXPR_DATA
    private const ushort DataValue = 1; // NFTA_DATA_VALUE
    private const ushort DataVerdict = 2; // NFTA_DATA_VERDICT
    private const uint Register1 = 1; // NFT_REG_1
    private const uint Register2 = 2; // NFT_REG_2
    private const uint FirstWord = 8; // NFT_REG32_00, where register 1 begins
    private const uint PortIsSpecified = 2; // NF_NAT_RANGE_PROTO_SPECIFIED

    /// <summary>Loads a fact about the packet.</summary>
    /// <param name="key">The fact.</param>
    /// <param name="at">Bytes from the start of register 1, a multiple of 4.</param>
    public void Meta(MetaKey key, int at = 0) => Write("meta", () =>
    {
        writer.BigEndian32(2, (uint)key); // NFTA_META_KEY
        writer.BigEndian32(1, Register(at)); // NFTA_META_DREG
    });

    /// <summary>Loads bytes of the packet.</summary>
    public void Payload(PayloadBase payloadBase, int offset, int length, int at = 0) => Write("payload", () =>
    {
        writer.BigEndian32(1, Register(at)); // NFTA_PAYLOAD_DREG
        writer.BigEndian32(2, (uint)payloadBase); // NFTA_PAYLOAD_BASE
        writer.BigEndian32(3, (uint)offset); // NFTA_PAYLOAD_OFFSET
        writer.BigEndian32(4, (uint)length); // NFTA_PAYLOAD_LEN
    });

    /// <summary>Loads the state of the connection.</summary>
    public void ConnectionState() => Connection(ConnectionKey.State);

    /// <summary>Loads a fact about the connection.</summary>
    public void Connection(ConnectionKey key) => Write("ct", () =>
    {
        writer.BigEndian32(2, (uint)key); // NFTA_CT_KEY
        writer.BigEndian32(1, Register1); // NFTA_CT_DREG
    });

    /// <summary>Loads what the first packet of the connection had, before anything was translated.</summary>
    public void Original(ConnectionKey key) => Write("ct", () =>
    {
        writer.BigEndian32(2, (uint)key); // NFTA_CT_KEY
        writer.BigEndian32(1, Register1); // NFTA_CT_DREG
        writer.Byte(3, (byte)ConnectionDirection.Original); // NFTA_CT_DIRECTION
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
    public void Compare(CompareOperation operation, uint value) =>
        Compare(operation, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>Compares with an interface's name.</summary>
    public void CompareName(CompareOperation operation, string name) => Compare(operation, KeyBytes.OfName(name));

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

    /// <summary>Does what a map of verdicts says of the register.</summary>
    public void Dispatch(string map) => Write("lookup", () =>
    {
        writer.BigEndian32(2, Register1); // NFTA_LOOKUP_SREG
        writer.Text(1, map); // NFTA_LOOKUP_SET
        writer.BigEndian32(3, 0); // NFTA_LOOKUP_DREG: NFT_REG_VERDICT
    });

    /// <summary>Loads 0, 1, 2 and so on for one packet after the other.</summary>
    /// <param name="count">How many; then it is 0 again.</param>
    public void Turn(uint count) => Write("numgen", () =>
    {
        writer.BigEndian32(1, Register1); // NFTA_NG_DREG
        writer.BigEndian32(2, count); // NFTA_NG_MODULUS
        writer.BigEndian32(3, 0); // NFTA_NG_TYPE: NFT_NG_INCREMENTAL
        writer.BigEndian32(4, 0); // NFTA_NG_OFFSET
    });

    /// <summary>Loads what a map of the same batch has for the register.</summary>
    /// <param name="map">Its name.</param>
    /// <param name="id">Its number in the batch.</param>
    public void Map(string map, uint id) => Write("lookup", () =>
    {
        writer.BigEndian32(2, Register1); // NFTA_LOOKUP_SREG
        writer.BigEndian32(3, Register1); // NFTA_LOOKUP_DREG
        writer.Text(1, map); // NFTA_LOOKUP_SET
        writer.BigEndian32(4, id); // NFTA_LOOKUP_SET_ID
    });

    /// <summary>Sends the connection to another address and port, if it is of the address's family.</summary>
    public void Redirect(InternetAddress address, PortNumber port)
    {
        Load(Register1, KeyBytes.Of(address));
        Load(Register2, KeyBytes.Of(port));
        Redirect(address.IsIPv4, Register2, PortIsSpecified);
    }

    /// <summary>Sends the connection to the address in register 1 and the port behind it, if it is of the family.</summary>
    public void Redirect(bool isIPv4) => Redirect(isIPv4, Register(isIPv4 ? 4 : 16), flags: 0);

    /// <summary>Gives the connection this host's address as its source, that of the interface on which it leaves.</summary>
    public void Masquerade() => Write("masq", static () => { });

    /// <summary>Counts in a named counter of the table.</summary>
    public void Count(string counter) => Write("objref", () =>
    {
        writer.BigEndian32(1, (uint)ObjectKind.Counter); // NFTA_OBJREF_IMM_TYPE
        writer.Text(2, counter); // NFTA_OBJREF_IMM_NAME
    });

    /// <summary>Goes on in another chain, and comes back.</summary>
    public void Jump(string chain) => Verdict(VerdictKind.Jump, chain);

    /// <summary>Goes on in another chain.</summary>
    public void Goto(string chain) => Verdict(VerdictKind.Goto, chain);

    /// <summary>Goes on only for what is beyond the rate.</summary>
    public void LimitOver(RuleRate rate) => LimitOver(rate.Count, rate.UnitSeconds, RuleRate.Burst);

    /// <summary>Goes on only for what is beyond so many packets in a time.</summary>
    /// <param name="count">How many.</param>
    /// <param name="unitSeconds">The time.</param>
    /// <param name="burst">How many may come at once.</param>
    public void LimitOver(ulong count, ulong unitSeconds, uint burst) => Write("limit", () => WriteLimitOver(count, unitSeconds, burst));

    /// <summary>
    /// Goes on only for what is beyond the rate of the register's own, which a set keeps; also stops where the set has no more room.
    /// </summary>
    /// <param name="set">The set.</param>
    /// <param name="memory">How long an element stays that no packet renews.</param>
    /// <param name="rate">The rate.</param>
    public void LimitOver(string set, TimeSpan memory, RuleRate rate) => Write("dynset", () =>
    {
        writer.Text(1, set); // NFTA_DYNSET_SET_NAME
        writer.BigEndian32(3, (uint)DynamicSetOperation.Update); // NFTA_DYNSET_OP
        writer.BigEndian32(4, Register1); // NFTA_DYNSET_SREG_KEY
        writer.BigEndian64(6, (ulong)memory.TotalMilliseconds); // NFTA_DYNSET_TIMEOUT
        var expression = writer.BeginNest(7); // NFTA_DYNSET_EXPR
        writer.Text(ExpressionName, "limit");
        var data = writer.BeginNest(ExpressionData);
        WriteLimitOver(rate.Count, rate.UnitSeconds, RuleRate.Burst);
        writer.EndNest(data);
        writer.EndNest(expression);
    });

    private void WriteLimitOver(ulong count, ulong unitSeconds, uint burst)
    {
        writer.BigEndian64(1, count); // NFTA_LIMIT_RATE
        writer.BigEndian64(2, unitSeconds); // NFTA_LIMIT_UNIT
        writer.BigEndian32(3, burst); // NFTA_LIMIT_BURST
        writer.BigEndian32(4, 0); // NFTA_LIMIT_TYPE: packets
        writer.BigEndian32(5, 1); // NFTA_LIMIT_FLAGS: NFT_LIMIT_F_INV
    }

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
        Load(Register1, [1]);
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
    public void Verdict(VerdictKind kind) => Verdict(kind, null);

    private void Verdict(VerdictKind kind, string? chain) => Write("immediate", () =>
    {
        writer.BigEndian32(1, 0); // NFTA_IMMEDIATE_DREG: NFT_REG_VERDICT
        var data = writer.BeginNest(2); // NFTA_IMMEDIATE_DATA
        WriteVerdict(writer, kind, chain);
        writer.EndNest(data);
    });

    /// <summary>Writes a verdict as data, as it stands in rules and in maps.</summary>
    internal static void WriteVerdict(NetlinkWriter writer, VerdictKind kind, string? chain)
    {
        var verdict = writer.BeginNest(DataVerdict);
        writer.BigEndian32(1, (uint)(int)kind); // NFTA_VERDICT_CODE
        if (chain is not null)
        {
            writer.Text(2, chain); // NFTA_VERDICT_CHAIN
        }

        writer.EndNest(verdict);
    }

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

    private static uint Register(int at) => at == 0 ? Register1 : FirstWord + ((uint)at / sizeof(uint));

    private void Load(uint register, ReadOnlySpan<byte> value)
    {
        var bytes = value.ToArray();
        Write("immediate", () =>
        {
            writer.BigEndian32(1, register); // NFTA_IMMEDIATE_DREG
            Value(2, bytes); // NFTA_IMMEDIATE_DATA
        });
    }

    // The kernel sets the flag by itself; nft writes it where the port is a constant.
    private void Redirect(bool isIPv4, uint portRegister, uint flags) => Write("nat", () =>
    {
        writer.BigEndian32(1, 1); // NFTA_NAT_TYPE: NFT_NAT_DNAT
        writer.BigEndian32(2, (uint)(isIPv4 ? RuleFamily.Ip : RuleFamily.Ip6)); // NFTA_NAT_FAMILY
        writer.BigEndian32(3, Register1); // NFTA_NAT_REG_ADDR_MIN
        writer.BigEndian32(5, portRegister); // NFTA_NAT_REG_PROTO_MIN
        if (flags != 0)
        {
            writer.BigEndian32(7, flags); // NFTA_NAT_FLAGS
        }
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
