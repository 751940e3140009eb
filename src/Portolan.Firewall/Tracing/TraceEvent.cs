using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Tracing;

/// <summary>
/// What the kernel reports about a traced packet at one rule or the end of a chain (nft_trace_notify, net/netfilter/nf_tables_trace.c).
/// </summary>
/// <param name="PacketId">The same for all events of a packet; it may come back later with another.</param>
/// <param name="Family">Family of the table.</param>
/// <param name="TableName">Hostile text.</param>
/// <param name="ChainName">Hostile text.</param>
/// <param name="Kind">A rule that matched, or how the chain ended.</param>
/// <param name="Verdict">What was decided; <see cref="VerdictKind.Continue"/> where a rule matched and the next comes.</param>
public sealed record TraceEvent(
    uint PacketId, RuleFamily Family, string TableName, string ChainName, TraceEventKind Kind, VerdictKind Verdict)
{
    private const int Table = 1;
    private const int Chain = 2;
    private const int Handle = 3;
    private const int Type = 4;
    private const int VerdictAttribute = 5;
    private const int Id = 6;
    private const int Network = 8;
    private const int Transport = 9;
    private const int Input = 10;
    private const int Output = 12;
    private const int MarkAttribute = 14;
    private const int Protocol = 15;
    private const int PolicyAttribute = 16;
    private const int VerdictCode = 1;
    private const int VerdictChain = 2;

    /// <summary>The rule's handle; 0 at the end of a chain.</summary>
    public ulong RuleHandle { get; init; }

    /// <summary>Whether it only tells that the chain's rules have ended, as Linux 6.18 does before the policy.</summary>
    public bool IsEndOfRules => Kind == TraceEventKind.Rule && RuleHandle == 0;

    /// <summary>The chain that a jump or goto goes to, or <c>null</c>. Hostile text.</summary>
    public string? TargetChain { get; init; }

    /// <summary>The packet from its IP header on, at most 40 bytes; only in the first event of each hook.</summary>
    public ReadOnlyMemory<byte> NetworkHeader { get; init; }

    /// <summary>The packet from its TCP, UDP or ICMP header on, at most 20 bytes; only in the first event of each hook.</summary>
    public ReadOnlyMemory<byte> TransportHeader { get; init; }

    /// <summary>Index of the interface it arrived on, 0 for none or not told.</summary>
    public int InputInterface { get; init; }

    /// <summary>Index of the interface it is to go out by, 0 for none or not told.</summary>
    public int OutputInterface { get; init; }

    /// <summary>The packet's mark at the end of a hook, 0 where it is not told.</summary>
    public uint Mark { get; init; }

    /// <summary>
    /// Whether the packet is IPv4, IPv6, or another (NFPROTO_*); <see cref="RuleFamily.Unspecified"/> where it is not told.
    /// </summary>
    public RuleFamily PacketFamily { get; init; }

    /// <summary>Reads the message's payload behind the netlink header. Never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TraceEvent? read)
    {
        read = null;
        if (payload.Length < NetfilterHeader.Size
            || !AttributeSlots.TryRead(payload[NetfilterHeader.Size..].ToArray(), out var attributes)
            || !attributes.TryUInt32(Type, out var kind)
            || kind is < (uint)TraceEventKind.Policy or > (uint)TraceEventKind.Rule
            || !attributes.TryUInt32(Id, out var id))
        {
            return false;
        }

        var verdict = VerdictKind.Continue;
        string? target = null;
        if (attributes.Has(VerdictAttribute) && AttributeSlots.TryRead(attributes.Bytes(VerdictAttribute), out var nest)
            && nest.TryUInt32(VerdictCode, out var code))
        {
            verdict = Decode((int)code);
            target = nest.Has(VerdictChain) ? KernelText.Read(nest.Span(VerdictChain)) : null;
        }
        else if (attributes.TryUInt32(PolicyAttribute, out var policy))
        {
            verdict = Decode((int)policy);
        }

        read = new TraceEvent(
            id, (RuleFamily)payload[0], KernelText.Read(attributes.Span(Table)), KernelText.Read(attributes.Span(Chain)),
            (TraceEventKind)kind, verdict)
        {
            RuleHandle = attributes.UInt64OrZero(Handle),
            TargetChain = target,
            NetworkHeader = attributes.Bytes(Network),
            TransportHeader = attributes.Bytes(Transport),
            InputInterface = (int)attributes.UInt32OrZero(Input),
            OutputInterface = (int)attributes.UInt32OrZero(Output),
            Mark = attributes.UInt32OrZero(MarkAttribute),
            PacketFamily = (RuleFamily)(byte)attributes.UInt32OrZero(Protocol),
        };
        return true;
    }

    /// <summary>A verdict of netfilter has more in its upper bits: a queue's number, an error number (NF_VERDICT_MASK).</summary>
    private static VerdictKind Decode(int code) => (VerdictKind)(code < 0 ? code : code & 0xff);
}

/// <summary>What an event reports (NFT_TRACETYPE_*, linux/netfilter/nf_tables.h).</summary>
public enum TraceEventKind : uint
{
    /// <summary>The packet came to the end of a base chain: its policy decided.</summary>
    Policy = 1,

    /// <summary>The packet came to the end of a chain and goes back.</summary>
    Return = 2,

    /// <summary>A rule matched to its end, or decided.</summary>
    Rule = 3,
}
