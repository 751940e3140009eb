namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>What the kernel's trace says of one step (NFT_MSG_TRACE).</summary>
internal sealed record TraceEvent
{
    /// <summary>NFPROTO_* of the table.</summary>
    public byte Family { get; set; }

    public string Table { get; set; } = "";

    public string Chain { get; set; } = "";

    /// <summary>The rule's handle, 0 for a policy.</summary>
    public ulong Handle { get; set; }

    /// <summary>NFT_TRACETYPE_*: 1 policy, 2 return, 3 rule.</summary>
    public uint Kind { get; set; }

    /// <summary>NF_* or NFT_* of the rule.</summary>
    public int Verdict { get; set; }

    /// <summary>NF_* of the policy.</summary>
    public int Policy { get; set; }

    /// <summary>The kernel's number of the packet; used again for later packets.</summary>
    public uint Id { get; set; }

    /// <summary>From the IP header on, only in the first event of each base chain.</summary>
    public byte[] NetworkHeader { get; set; } = [];

    public byte[] TransportHeader { get; set; } = [];

    public int OutputInterface { get; set; }

    public uint Mark { get; set; }

    /// <summary>What connection tracking says (NFTA_TRACE_CT_STATE, since kernel 6.17), or <c>null</c>.</summary>
    public uint? ConnectionState { get; set; }

    public bool IsPolicy => Kind == 1;

    public bool IsRule => Kind == 3;

    public bool IsDrop => (IsRule && Verdict == 0) || (IsPolicy && Policy == 0);

    public bool IsAcceptByRule => IsRule && Verdict == 1;

    public override string ToString() =>
        $"{FamilyName} {Table} {Chain} "
            + (IsRule ? $"handle {Handle} → {VerdictName}" : IsPolicy ? $"policy {(Policy == 1 ? "accept" : "drop")}" : "return")
            + (Mark != 0 ? $" mark {Mark:x}" : "");

    private string FamilyName => Family switch { 1 => "inet", 2 => "ip", 5 => "netdev", 10 => "ip6", _ => $"family {Family}" };

    private string VerdictName => Verdict switch
    {
        0 => "drop",
        1 => "accept",
        -1 => "continue",
        -3 => "jump",
        -4 => "goto",
        -5 => "return",
        _ => $"verdict {Verdict}",
    };
}
