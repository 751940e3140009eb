using System.Text.Json.Serialization;
using Portolan.Fleet.Jobs;

namespace Portolan.Fleet.Messages;

/// <summary>A chunk of work in a queue: below 1 kB, whatever the job. What it needs besides comes with the lease.</summary>
public sealed record ChunkMessage
{
    /// <summary>The version of the messages between coordinator and agents.</summary>
    public const int CurrentVersion = 1;

    /// <summary>See <see cref="CurrentVersion"/>.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The job's number.</summary>
    public required long Job { get; init; }

    /// <summary>The chunk's number, over all jobs.</summary>
    public required long Chunk { get; init; }
}

/// <summary>What an agent asks for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LeaseVerb>))]
public enum LeaseVerb
{
    /// <summary>It is there; asks for nothing.</summary>
    Hello,

    /// <summary>To work on a chunk.</summary>
    Take,

    /// <summary>To go on with it.</summary>
    Renew,

    /// <summary>It gives the chunk back unfinished.</summary>
    Release,

    /// <summary>It leaves the fleet: its user is removed.</summary>
    Leave,
}

/// <summary>What an agent asks of the coordinator, by way of the broker.</summary>
public sealed record LeaseRequest
{
    /// <summary>See <see cref="ChunkMessage.CurrentVersion"/>.</summary>
    public int Version { get; init; } = ChunkMessage.CurrentVersion;

    /// <summary>What for.</summary>
    public required LeaseVerb Verb { get; init; }

    /// <summary>Who asks.</summary>
    public required string Agent { get; init; }

    /// <summary>Where it is.</summary>
    public required string Zone { get; init; }

    /// <summary>The chunk; 0 for <see cref="LeaseVerb.Hello"/>.</summary>
    public long Chunk { get; init; }

    /// <summary>The attempt that is renewed or released.</summary>
    public int Attempt { get; init; }

    /// <summary>The agent's program version.</summary>
    public string Program { get; init; } = "";

    /// <summary>The version of the order of probes that it knows (<see cref="JobSpec.CurrentEngine"/>).</summary>
    public int Engine { get; init; } = JobSpec.CurrentEngine;

    /// <summary><c>raw</c> or <c>connect</c>.</summary>
    public string Mode { get; init; } = "";

    /// <summary>Its own ceiling, probes per second; <c>null</c> for none.</summary>
    public double? MaxRate { get; init; }

    /// <summary>Its own scope, for people.</summary>
    public string Scope { get; init; } = "";
}

/// <summary>What became of a request.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LeaseOutcome>))]
public enum LeaseOutcome
{
    /// <summary>The agent is known.</summary>
    Welcome,

    /// <summary>The chunk is the agent's until the time is over.</summary>
    Granted,

    /// <summary>There is nothing to do: the chunk is done, or another agent works on it.</summary>
    Settled,

    /// <summary>The job was cancelled, or the lease is lost: stop at once.</summary>
    Stop,

    /// <summary>No part of the job's rate is free, or the agent is drained: ask again later.</summary>
    Wait,

    /// <summary>It will never be granted to this agent: <see cref="LeaseReply.Reason"/> is why.</summary>
    Refused,
}

/// <summary>What the coordinator answers.</summary>
public sealed record LeaseReply
{
    /// <summary>What became of it.</summary>
    public required LeaseOutcome Outcome { get; init; }

    /// <summary>Why it was refused, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>The attempt: later batches carry it, and an older one's are refused.</summary>
    public int Attempt { get; init; }

    /// <summary>How long it holds, in seconds from before the request was sent.</summary>
    public double Seconds { get; init; }

    /// <summary>What to do; with <see cref="LeaseOutcome.Granted"/> of a chunk that was taken.</summary>
    public ChunkWork? Work { get; init; }
}

/// <summary>What an agent needs to work on a chunk.</summary>
public sealed record ChunkWork
{
    /// <summary>The job's bytes (<see cref="JobSpec.Read"/>).</summary>
    public required byte[] Spec { get; init; }

    /// <summary>Hosts are looked for, and no ports probed: positions are those of the order of hosts.</summary>
    public bool IsDiscovery { get; init; }

    /// <summary>The group's number.</summary>
    public int Group { get; init; }

    /// <summary>The group's hosts (<see cref="HostListCodec"/>); <c>null</c> where they are a stretch of the order of hosts.</summary>
    public byte[]? Hosts { get; init; }

    /// <summary>That stretch: its first position.</summary>
    public long FirstHost { get; init; }

    /// <summary>How many hosts the stretch has.</summary>
    public int HostCount { get; init; }

    /// <summary>The first position to work on: what is before it is done.</summary>
    public required long From { get; init; }

    /// <summary>The end of the chunk, exclusive.</summary>
    public required long To { get; init; }

    /// <summary>The most probes per second; <c>null</c> for no ceiling but the agent's own.</summary>
    public double? Rate { get; init; }

    /// <summary>The most probes per second to each /24 and /64.</summary>
    public double? PrefixRate { get; init; }
}

/// <summary>What an agent found at positions that follow each other. A batch is taken whole, once, or not at all.</summary>
public sealed record ResultBatch
{
    /// <summary>See <see cref="ChunkMessage.CurrentVersion"/>.</summary>
    public int Version { get; init; } = ChunkMessage.CurrentVersion;

    /// <summary>The job.</summary>
    public required long Job { get; init; }

    /// <summary>The chunk.</summary>
    public required long Chunk { get; init; }

    /// <summary>The attempt that was granted.</summary>
    public required int Attempt { get; init; }

    /// <summary>Who found it.</summary>
    public required string Agent { get; init; }

    /// <summary>The first position.</summary>
    public required long From { get; init; }

    /// <summary>The end, exclusive.</summary>
    public required long To { get; init; }

    /// <summary>A code for each position (<see cref="ProbeCode"/>), compressed.</summary>
    public required byte[] Codes { get; init; }

    /// <summary>Hosts that are up.</summary>
    public IReadOnlyList<FoundHost> Hosts { get; init; } = [];

    /// <summary>Open ports, and others that a code does not say all of.</summary>
    public IReadOnlyList<FoundPort> Ports { get; init; } = [];

    /// <summary>What was sent for it.</summary>
    public ProbeCounts Counts { get; init; } = new();
}

/// <summary>A host that is up.</summary>
public sealed record FoundHost
{
    /// <summary>The position.</summary>
    public required long At { get; init; }

    /// <summary>TTL of the reply; 0 when unknown.</summary>
    public byte Ttl { get; init; }

    /// <summary>Its Ethernet address as a number, where it is on the link.</summary>
    public ulong? Mac { get; init; }
}

/// <summary>A port with more to say than its state.</summary>
public sealed record FoundPort
{
    /// <summary>The position.</summary>
    public required long At { get; init; }

    /// <summary>TTL of the reply; 0 when unknown.</summary>
    public byte Ttl { get; init; }

    /// <summary>How sure an open port is.</summary>
    public byte Evidence { get; init; }

    /// <summary>Who said so, when it was not the host.</summary>
    public string? From { get; init; }

    /// <summary>Milliseconds since 1970 when it was found, by the agent's clock.</summary>
    public long Time { get; init; }
}

/// <summary>What was sent for a batch.</summary>
public sealed record ProbeCounts
{
    /// <summary>Probes that left, repeated ones included.</summary>
    public long Sent { get; init; }

    /// <summary>Repeated ones.</summary>
    public long Retries { get; init; }

    /// <summary>Attempts that a local limit kept from leaving.</summary>
    public long NotSent { get; init; }

    /// <summary>Valid replies.</summary>
    public long Replies { get; init; }

    /// <summary>The likeliest two-way loss, 0 to 1; <c>null</c> when unknown.</summary>
    public double? Loss { get; init; }

    /// <summary>The bound of the share of ports that were missed, 0 to 1 (95 %); <c>null</c> when unknown.</summary>
    public double? MissBound { get; init; }
}

/// <summary>How messages and jobs are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobSpec))]
[JsonSerializable(typeof(ChunkMessage))]
[JsonSerializable(typeof(LeaseRequest))]
[JsonSerializable(typeof(SpokenVersion))]
[JsonSerializable(typeof(LeaseReply))]
[JsonSerializable(typeof(ResultBatch))]
[JsonSerializable(typeof(CheckRequest))]
[JsonSerializable(typeof(CheckReply))]
internal sealed partial class FleetJson : JsonSerializerContext;
