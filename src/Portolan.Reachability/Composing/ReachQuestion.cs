using Portolan.Reachability.Explaining;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Composing;

/// <summary>What is to be explained.</summary>
public sealed record ReachQuestion
{
    /// <summary>The port that packets are sent to.</summary>
    public required PortNumber Port { get; init; }

    /// <summary>The protocol; <c>null</c> for TCP, unless only a UDP program has the port.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>The address asked about, of this machine or of another; <c>null</c> for every one of this machine.</summary>
    public InternetAddress? Address { get; init; }

    /// <summary>The name that the address was found for, with what is to be said of it; or <c>null</c>.</summary>
    public string? Name { get; init; }

    /// <summary>The senders asked about; <c>null</c> for all.</summary>
    public SenderChoice? From { get; init; }

    /// <summary>Whether IPv4 is asked about.</summary>
    public bool UseIPv4 { get; init; } = true;

    /// <summary>Whether IPv6 is asked about.</summary>
    public bool UseIPv6 { get; init; } = true;

    /// <summary>The file that <see cref="Rules"/> are from, as it was named; or <c>null</c>.</summary>
    public string? RulesFile { get; init; }

    /// <summary>The rules to judge in place of the machine's own; or <c>null</c>.</summary>
    public FirewallReading? Rules { get; init; }

    /// <summary>How long judging may take; <c>null</c> for as long as it needs.</summary>
    public TimeSpan? JudgeTime { get; init; } = EvaluationBudget.Usual;

    /// <summary>
    /// Where a program with a command line leads the connections to a port of its own; <c>null</c> when it is not known for that.
    /// </summary>
    public Func<IReadOnlyList<string>?, TransportProtocol, PortNumber, ForwardTargets?> LeadsTo { get; init; } = static (_, _, _) => null;
}
