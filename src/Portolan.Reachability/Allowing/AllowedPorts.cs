using Portolan.Firewall.Host;
using Portolan.Firewall.Judging.Ports;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Allowing;

/// <summary>
/// What the firewall allows an ordinary client from outside, for every destination port, whether or not something listens there.
/// </summary>
/// <remarks>
/// The judge judges one port at a time and records what rules ask about it (<see cref="PortTrace"/>). Every other port with the same
/// answers has the same verdict, without judging (<see cref="PortTree{T}"/>); where rules of its own do the same, they are named instead.
/// Measured by bench/judge on a busy machine of two cores, both protocols together: a set of 10,000 ports takes 6 judgements and 42 ms;
/// a rule for each of 10,000 ports 6 and 0.24 s; a rule for each of 10,000 ports and a network of its own, where nothing is alike, 10,004
/// and 0.63 s.
/// The answer keeps 7 MiB where all 10,000 ports differ; judging allocates 150 MiB to 1.5 GiB, nearly all of it short-lived.
/// </remarks>
public sealed record AllowedPorts
{
    /// <summary>The transport protocol of the ports.</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>Whether <see cref="Ranges"/> is the answer.</summary>
    public required AllowedState State { get; init; }

    /// <summary>
    /// Ports 1 to 65535 in order, without gaps; neighbours differ. Empty unless the state is <see cref="AllowedState.Known"/>.
    /// </summary>
    public IReadOnlyList<AllowedRange> Ranges { get; init; } = [];

    /// <summary>Why it is not known, with the remedy; <c>null</c> where it is.</summary>
    public MissingFact? Missing { get; init; }

    /// <summary>How many judgements that took: each of one port over one family.</summary>
    public int Judged { get; init; }

    /// <summary>Judges every port.</summary>
    /// <param name="reading">The rules and the routing of this machine.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="make">Makes the judge of rules.</param>
    /// <param name="time">How long it may take; <see cref="Usual"/> is the limit to give.</param>
    /// <exception cref="OperationCanceledException">Everything was stopped.</exception>
    public static AllowedPorts Of(
        FirewallReading reading, TransportProtocol protocol, Func<Ruleset, HostFacts, Judgement> make, EvaluationBudget time)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(time);
        return NamespaceJudge.TryCreate(reading, make, out var judge)
            ? time.Within(token => new EveryPort(judge, protocol, token).Judge(), () => Late(protocol, time))
            : new AllowedPorts
            {
                Protocol = protocol,
                State = AllowedState.NotRead,
                Missing = reading.Missing ?? FirewallReading.NotAsked,
            };
    }

    /// <summary>The time to give: many times what 10,000 rules take.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);

    private static AllowedPorts Late(TransportProtocol protocol, EvaluationBudget time) => new()
    {
        Protocol = protocol,
        State = AllowedState.NotInTime,
        Missing = new MissingFact(
            MissingFactCode.AllowedPortsNotInTime, $"what the firewall allows on each {protocol.Name()} port",
            $"{time.Why}: too many rules distinguish single ports"),
    };
}

/// <summary>Whether it is known what the firewall allows.</summary>
public enum AllowedState
{
    /// <summary>The allowed ports could be read.</summary>
    Known,

    /// <summary>The rules or the routing could not be read.</summary>
    NotRead,

    /// <summary>Too many rules tell ports apart for the time that was given.</summary>
    NotInTime,
}

/// <summary>Ports with the same verdict.</summary>
/// <param name="Ports">The ports.</param>
/// <param name="Exposure">Who gets in.</param>
/// <param name="Verdict">The verdict, as a row of the chart has it.</param>
/// <param name="DependsOn">
/// What the verdict depends on, such as <c>inet filter input handle 7: numgen is random</c>; empty where nothing is open. May contain names
/// of chains: hostile text.
/// </param>
public sealed record AllowedRange(PortRange Ports, PortExposure Exposure, PortVerdict Verdict, IReadOnlyList<string> DependsOn);
