namespace Portolan.Firewall.Rules;

/// <summary>What a rule decides.</summary>
/// <param name="Kind">The decision.</param>
/// <param name="Chain">The chain to go to, for jump and goto. Hostile text.</param>
public sealed record RuleVerdict(VerdictKind Kind, string? Chain = null);

/// <summary>Verdict codes (nf_tables.h: enum nft_verdicts; netfilter.h).</summary>
public enum VerdictKind
{
    /// <summary>The next rule (NFT_CONTINUE).</summary>
    Continue = -1,

    /// <summary>The next rule, for a match failed (NFT_BREAK).</summary>
    Break = -2,

    /// <summary>Another chain, and back (NFT_JUMP).</summary>
    Jump = -3,

    /// <summary>Another chain, and not back (NFT_GOTO).</summary>
    Goto = -4,

    /// <summary>Back to the calling chain, or the policy (NFT_RETURN).</summary>
    Return = -5,

    /// <summary>NF_DROP: final.</summary>
    Drop = 0,

    /// <summary>NF_ACCEPT: ends this base chain only.</summary>
    Accept = 1,

    /// <summary>NF_STOLEN.</summary>
    Stolen = 2,

    /// <summary>NF_QUEUE: a program decides.</summary>
    Queue = 3,
}
