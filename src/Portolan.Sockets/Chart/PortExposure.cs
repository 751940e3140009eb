namespace Portolan.Sockets.Chart;

/// <summary>Who can reach a port.</summary>
public enum PortExposure
{
    /// <summary>Not judged: the firewall was not looked at, or what decides is not known.</summary>
    Unknown,

    /// <summary>Only this machine: every bind is to a loopback address or the loopback interface.</summary>
    Local,

    /// <summary>Anyone.</summary>
    Reachable,

    /// <summary>Some.</summary>
    Limited,

    /// <summary>Nobody outside.</summary>
    Blocked,
}

/// <summary>What the firewall does with a new connection.</summary>
public enum FirewallDecision
{
    /// <summary>Not judged.</summary>
    Unknown,

    /// <summary>Let in.</summary>
    Allow,

    /// <summary>Dropped without an answer.</summary>
    Drop,

    /// <summary>Refused with an answer.</summary>
    Reject,

    /// <summary>It depends on the sender or on a state that is not known.</summary>
    Depends,
}

/// <summary>How sure a verdict is.</summary>
public enum VerdictProof
{
    /// <summary>Nothing was judged.</summary>
    Unknown,

    /// <summary>Every rule on the way is understood.</summary>
    Proved,

    /// <summary>A rule that is not understood could change it.</summary>
    Depends,
}

/// <summary>The firewall's verdict on a port.</summary>
/// <param name="Decision">What happens to a new connection.</param>
/// <param name="Proof">How sure that is.</param>
/// <param name="From">The prefixes of senders that get in; empty when none does, or when not judged.</param>
/// <param name="Rule">The rule that decides, or <c>null</c>.</param>
public sealed record PortVerdict(FirewallDecision Decision, VerdictProof Proof, IReadOnlyList<string> From, string? Rule)
{
    /// <summary>The firewall was not looked at.</summary>
    public static PortVerdict NotJudged { get; } = new(FirewallDecision.Unknown, VerdictProof.Unknown, [], null);

    /// <summary>
    /// The verdict in a few words, such as <c>only 10.0.0.0/8</c>; empty when not judged. May contain names of chains: hostile text.
    /// </summary>
    public string Summary { get; init; } = "";

    /// <summary>Senders who get in with a part of an ordinary client's packets only, as prefixes.</summary>
    public IReadOnlyList<string> Partly { get; init; } = [];

    /// <summary>Which part that is, such as <c>with source port 1024-4999</c>; <c>null</c> where there are no such senders.</summary>
    public string? PartlyHow { get; init; }

    /// <summary>Senders of whom it is not known whether they get in, as prefixes.</summary>
    public IReadOnlyList<string> Undecided { get; init; } = [];

    /// <summary>Whether a list of senders was cut: it names the first of them only.</summary>
    public bool IsCut { get; init; }

    /// <summary>The limit within which they get in, such as <c>up to 3 a minute, shared by all senders</c>; or <c>null</c>.</summary>
    public string? Limit { get; init; }

    /// <summary>
    /// What becomes of packets that no ordinary client sends, where that is another fate. May contain names of chains: hostile text.
    /// </summary>
    public IReadOnlyList<string> Exceptions { get; init; } = [];
}

/// <summary>The spelling of the machine formats.</summary>
public static class VerdictNames
{
    /// <summary><c>reachable</c>, <c>limited</c>, <c>blocked</c>, <c>local</c> or <c>unknown</c>.</summary>
    public static string Name(this PortExposure exposure) => exposure switch
    {
        PortExposure.Reachable => "reachable",
        PortExposure.Limited => "limited",
        PortExposure.Blocked => "blocked",
        PortExposure.Local => "local",
        _ => "unknown",
    };

    /// <summary><c>allow</c>, <c>drop</c>, <c>reject</c>, <c>depends</c> or <c>unknown</c>.</summary>
    public static string Name(this FirewallDecision decision) => decision switch
    {
        FirewallDecision.Allow => "allow",
        FirewallDecision.Drop => "drop",
        FirewallDecision.Reject => "reject",
        FirewallDecision.Depends => "depends",
        _ => "unknown",
    };

    /// <summary><c>proved</c>, <c>depends</c> or <c>unknown</c>.</summary>
    public static string Name(this VerdictProof proof) => proof switch
    {
        VerdictProof.Proved => "proved",
        VerdictProof.Depends => "depends",
        _ => "unknown",
    };
}
