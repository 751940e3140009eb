using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>Whether a port can be reached, layer by layer.</summary>
public sealed record Explanation
{
    /// <summary>What was asked about, such as <c>8080/tcp</c> or <c>192.0.2.10:8080/tcp</c>.</summary>
    public required string Target { get; init; }

    /// <summary>The senders asked about, as they were named; <c>null</c> for all.</summary>
    public string? From { get; init; }

    /// <summary>The answer.</summary>
    public required ReachVerdict Verdict { get; init; }

    /// <summary>What the one who connects sees; <c>null</c> when that is not decided.</summary>
    public ClientSymptom? Symptom { get; init; }

    /// <summary>The answer in one sentence. May contain outside text.</summary>
    public required string Headline { get; init; }

    /// <summary>The layers in the order packets meet them, up to the first that fails, and what was not looked at.</summary>
    public required IReadOnlyList<ExplanationStep> Steps { get; init; }

    /// <summary>
    /// Footnotes: what becomes of packets that no ordinary client sends, where that differs, and what else does not change the answer. May
    /// contain outside text.
    /// </summary>
    public IReadOnlyList<string> Footnotes { get; init; } = [];

    /// <summary>The limit within which the answer holds, such as <c>up to 3 a minute, shared by all senders</c>; or <c>null</c>.</summary>
    public string? Limit { get; init; }

    /// <summary>
    /// What to run or change, all of it in this order; one that is another way says "or instead" in a comment. Commands are safe to paste.
    /// </summary>
    public IReadOnlyList<Advice> Fixes { get; init; } = [];

    /// <summary>What closes a port that a rule forwards past those that deny it; each line is one way.</summary>
    public IReadOnlyList<Advice> Closing { get; init; } = [];

    /// <summary>The command that checks the fix, or <c>null</c> when nothing is to be fixed.</summary>
    public Advice? Check { get; init; }

    /// <summary>The packets whose fate the answer rests on, a kind for each family; the kernel can be asked about one of each.</summary>
    public IReadOnlyList<DecisivePackets> Decisive { get; init; } = [];

    /// <summary>Whether privilege is what an answer lacks.</summary>
    public bool LacksPrivilege { get; init; }
}

/// <summary>Packets that an answer rests on.</summary>
/// <param name="IsIPv4">The family.</param>
/// <param name="Query">What the judge was asked.</param>
/// <param name="Share">The region of its answer that decides.</param>
public sealed record DecisivePackets(bool IsIPv4, FlowQuery Query, Share Share);

/// <summary>The answer to "can they reach it?".</summary>
public enum ReachVerdict
{
    /// <summary>An ordinary client gets in with everything it sends to begin with.</summary>
    Reachable,

    /// <summary>It gets in with nothing.</summary>
    Unreachable,

    /// <summary>Some get in, or a part of the packets does, or what is beyond this machine decides.</summary>
    Depends,

    /// <summary>What decides could not be read, or cannot be known.</summary>
    Unknown,
}

/// <summary>What the one who connects sees.</summary>
public enum ClientSymptom
{
    /// <summary>A connection.</summary>
    Connects,

    /// <summary>A TCP reset, or "port unreachable".</summary>
    Refused,

    /// <summary>Silence.</summary>
    TimesOut,

    /// <summary>Any other ICMP error.</summary>
    Unreachable,

    /// <summary>Nothing, and the datagram arrives.</summary>
    Delivered,

    /// <summary>A connection, which is reset before anything is exchanged.</summary>
    Reset,
}

/// <summary>One layer.</summary>
/// <param name="Layer">Its name, stable between versions, such as <c>listener</c>.</param>
/// <param name="Result">What it does.</param>
/// <param name="Detail">One line. May contain outside text.</param>
public sealed record ExplanationStep(string Layer, LayerResult Result, string Detail)
{
    /// <summary>The rule that decides in full, such as <c>inet filter input handle 7</c>; or <c>null</c>.</summary>
    public string? Rule { get; init; }

    /// <summary>The text of that rule; or <c>null</c>.</summary>
    public string? RuleText { get; init; }

    /// <summary>Whether the verdict of rules in it is proved; <c>null</c> where no rules are judged.</summary>
    public bool? IsProved { get; init; }

    /// <summary>Further lines, such as the nearest rule that would have let it through. May contain outside text.</summary>
    public IReadOnlyList<string> More { get; init; } = [];
}

/// <summary>What a layer does.</summary>
public enum LayerResult
{
    /// <summary>It lets them through.</summary>
    Ok,

    /// <summary>It does not.</summary>
    Fail,

    /// <summary>It was not looked at.</summary>
    NotChecked,

    /// <summary>It cannot be known.</summary>
    Unknown,
}
