using Portolan.Firewall.Rules;
using Portolan.Linux.Routing;
using Portolan.Reachability.Explaining.Unseen;
using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Explaining;

/// <summary>Everything an explanation rests on, already acquired.</summary>
public sealed record ExplainFacts
{
    /// <summary>The sockets on the port in this namespace, with their owners.</summary>
    public required MachineFacts Machine { get; init; }

    /// <summary>
    /// Why rules and routes were not judged, though they are known: <c>not judged within 10s</c>; <c>null</c> where they were.
    /// </summary>
    public string? Late { get; init; }

    /// <summary>The sockets on the port in all namespaces; asked for when nothing here listens.</summary>
    public Func<MachineFacts?> Elsewhere { get; init; } = static () => null;

    /// <summary>The sockets on another port in this namespace; asked for when rules send packets on to it.</summary>
    public Func<PortNumber, MachineFacts?> OnPort { get; init; } = static _ => null;

    /// <summary>The sockets on another port in all namespaces; asked for when rules send packets on out of this one.</summary>
    public Func<PortNumber, MachineFacts?> OnPortEverywhere { get; init; } = static _ => null;

    /// <summary>The judge of another namespace; <c>null</c> where its rules could not be read.</summary>
    public Func<NetworkNamespace, NamespaceJudge?> JudgeOf { get; init; } = static _ => null;

    /// <summary>The rules and the routing, or why they are not known.</summary>
    public required FirewallReading Firewall { get; init; }

    /// <summary>The judge; <c>null</c> when the rules are not known.</summary>
    public NamespaceJudge? Judge { get; init; }

    /// <summary>How long judging may take in all; <c>null</c> for no limit.</summary>
    public EvaluationBudget? Time { get; init; }

    /// <summary>How long a fix may be looked for; <c>null</c> for no limit.</summary>
    public RemedyTime? RemedyTime { get; init; }

    /// <summary>The kernel's counters.</summary>
    public NetworkCounters Counters { get; init; } = new();

    /// <summary>Reads the table of neighbours.</summary>
    public Func<IReadOnlyList<KernelNeighbour>> Neighbours { get; init; } = static () => [];

    /// <summary>What sockets of this namespace refuse themselves; asked for when packets get to one, or to none.</summary>
    public Func<SocketRefusals> Refusals { get; init; } = static () => SocketRefusals.NotAsked;

    /// <summary>What was looked at of the layers that no rule shows.</summary>
    public Func<IReadOnlyList<int>, IReadOnlyList<UnseenLayer>> Unseen { get; init; } = static _ => [];

    /// <summary>A socket unit of systemd that is set up for the port, running or not; or <c>null</c>.</summary>
    public string? SocketUnit { get; init; }

    /// <summary>How a rule is written in the explanation.</summary>
    public Func<RuleReference, string> RuleText { get; init; } = static rule => RuleLabel.Full(rule);

    /// <summary>The owner in a few words.</summary>
    public Func<PortOwner, string> OwnerText { get; init; } = static owner => owner.Name;

    /// <summary>Where a program leads the connections that it takes, when it is known for forwarding them; else <c>null</c>.</summary>
    public Func<PortOwner, ForwardTargets?> LeadsTo { get; init; } = static _ => null;

    /// <summary>The process of a forward of the kernel, in a few words; <c>null</c> when it is not known.</summary>
    public Func<PortForward, string?> ForwardHolder { get; init; } = static _ => null;

    /// <summary>Judges what a verdict stands without, in the time that is left.</summary>
    internal T Beside<T>(Func<CancellationToken, T> judge, Func<T> otherwise, CancellationToken cancellationToken) =>
        Time is { } time ? time.Beside(judge, otherwise) : judge(cancellationToken);
}

/// <summary>Where a program leads the connections that it takes, and from whom it takes any.</summary>
/// <param name="Listen">Where it takes them, such as <c>*:8080</c>.</param>
/// <param name="Target">The targets, in words.</param>
/// <param name="Allow">The senders that its --allow names; none for everyone.</param>
public sealed record ForwardTargets(string Listen, string Target, IReadOnlyList<AddressPrefix> Allow);
