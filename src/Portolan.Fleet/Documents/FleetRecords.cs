using Portolan.Fleet.Coordinator;

namespace Portolan.Fleet.Documents;

/// <summary>An agent, as <c>portolan.agents/1</c> has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Zone">The part of the network that it sees.</param>
/// <param name="Version">Of its program.</param>
/// <param name="Mode"><c>raw</c>, or <c>connect</c> without CAP_NET_RAW.</param>
/// <param name="Scope">What its own settings permit, for people.</param>
/// <param name="LastSeen">When it was last heard.</param>
/// <param name="Silent">It was not heard for 45 seconds.</param>
/// <param name="Chunks">Chunks that it works on.</param>
/// <param name="Draining">It gets no further chunks.</param>
/// <param name="MaxRate">The most probes per second by its own settings; <c>null</c> for no ceiling.</param>
public sealed record FleetAgentRecord(
    string Name, string Zone, string Version, string Mode, string Scope, DateTime LastSeen, bool Silent, int Chunks, bool Draining,
    double? MaxRate)
{
    /// <summary>An agent as documents have it.</summary>
    public static FleetAgentRecord Of(AgentStatus agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return new FleetAgentRecord(
            agent.Name, agent.Zone, agent.Program, agent.Mode, agent.Scope, agent.LastSeen.UtcDateTime, agent.IsSilent, agent.Chunks,
            agent.IsDraining, agent.MaxRate);
    }
}

/// <summary>A job, as <c>portolan.jobs/1</c> has it.</summary>
/// <param name="Job">Its number.</param>
/// <param name="State"><c>running</c>, <c>done</c> or <c>cancelled</c>.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="EndedAt">When it ended; <c>null</c> while it runs.</param>
/// <param name="Targets">What it scans.</param>
/// <param name="Tcp">TCP ports as ranges; empty for none.</param>
/// <param name="Udp">UDP ports as ranges; empty for none.</param>
/// <param name="Seed">The key of the order: text, as a JSON number would lose digits.</param>
/// <param name="Hosts">How many targets.</param>
/// <param name="Zones">Where it stands at each zone.</param>
public sealed record FleetJobRecord(
    long Job, string State, DateTime CreatedAt, DateTime? EndedAt, IReadOnlyList<string> Targets, string Tcp, string Udp, string Seed,
    long Hosts, IReadOnlyList<JobZoneRecord> Zones)
{
    /// <summary>A job as documents have it.</summary>
    public static FleetJobRecord Of(JobStatus job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return new FleetJobRecord(
            job.Id, job.State.Name(), job.CreatedAt.UtcDateTime, job.EndedAt?.UtcDateTime, job.Spec.Targets, job.Spec.Tcp, job.Spec.Udp,
            FormattableString.Invariant($"{job.Spec.Seed}"), job.Hosts, [.. job.Vantages.Select(JobZoneRecord.Of)]);
    }
}

/// <summary>Where a job stands at one zone.</summary>
/// <param name="Zone">The zone.</param>
/// <param name="Done">Nothing is left to do.</param>
/// <param name="Complete">Everything planned has a state.</param>
/// <param name="HostsAsked">Hosts that discovery has looked for.</param>
/// <param name="HostsUp">Hosts that are up; without discovery all targets.</param>
/// <param name="PortsPlanned">Hosts that are up × ports, as far as known.</param>
/// <param name="PortsStored">Ports that are stored.</param>
/// <param name="Open">Open ports.</param>
/// <param name="NotProbed">Hosts and ports without a state: no probe could be sent, or the host stopped answering.</param>
/// <param name="OutOfScope">Hosts and ports that the settings of the agent exclude.</param>
/// <param name="ChunksGivenUp">Chunks whose attempts all failed.</param>
/// <param name="ProbesSent">Probes sent, repeated ones included.</param>
/// <param name="Retries">Repeated probes.</param>
/// <param name="NotSent">Attempts that a limit of the agent's machine kept from leaving.</param>
/// <param name="Replies">Valid replies.</param>
/// <param name="Repeated">Positions that were probed twice because a lease was lost; the later result counts.</param>
/// <param name="ProbeLoss">The likeliest two-way loss, 0 to 1; <c>null</c> when unknown.</param>
/// <param name="MissRateBound">The largest bound of a piece for the share of missed ports (95 %); <c>null</c> when unknown.</param>
public sealed record JobZoneRecord(
    string Zone, bool Done, bool Complete, long HostsAsked, long HostsUp, long PortsPlanned, long PortsStored, long Open, long NotProbed,
    long OutOfScope, int ChunksGivenUp, long ProbesSent, long Retries, long NotSent, long Replies, long Repeated, decimal? ProbeLoss,
    decimal? MissRateBound)
{
    private const int Digits = 9;

    /// <summary>A zone as documents have it.</summary>
    public static JobZoneRecord Of(VantageStatus zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return new JobZoneRecord(
            zone.Zone, zone.IsDone, zone.IsComplete, zone.HostsAsked, zone.HostsUp, zone.PortsPlanned, zone.PortsStored, zone.Open,
            zone.NotProbed, zone.OutOfScope, zone.GivenUp, zone.Sent, zone.Retries, zone.NotSent, zone.Replies, zone.Repeated,
            Rounded(zone.Loss), Rounded(zone.MissBound));
    }

    private static decimal? Rounded(double? value) => value is { } number ? Math.Round((decimal)number, Digits) : null;
}
