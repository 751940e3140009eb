using System.Text.Json;

namespace Portolan.Fleet.Events;

/// <summary>What happened to a coordinator or an agent.</summary>
public enum FleetEventCode
{
    /// <summary>A connection to the broker works.</summary>
    BrokerConnected,

    /// <summary>The broker does not answer, or the connection was lost; the next attempt follows by itself.</summary>
    BrokerUnreachable,

    /// <summary>The broker does not know the user, or it has another password.</summary>
    BrokerRefusesUser,

    /// <summary>The broker closed a channel.</summary>
    ChannelClosed,

    /// <summary>The broker's management API does not do what it was asked.</summary>
    ManagementFailed,

    /// <summary>A statement failed; it is repeated.</summary>
    DatabaseFailed,

    /// <summary>A job is of a version that this program does not know.</summary>
    JobUnknown,

    /// <summary>An agent is of another version, and is refused.</summary>
    AgentRefused,

    /// <summary>An agent has left the fleet.</summary>
    AgentLeft,

    /// <summary>An agent's request cannot be read.</summary>
    RequestUnreadable,

    /// <summary>An agent's request is in the name of another.</summary>
    RequestForged,

    /// <summary>A batch was refused; the table <c>refusal</c> has the reason.</summary>
    BatchRefused,

    /// <summary>A message could not be handled, and lies in the queue of dead messages.</summary>
    MessageFailed,

    /// <summary>The agent runs.</summary>
    AgentStarted,

    /// <summary>The agent cannot read the work that it was given.</summary>
    ChunkUnreadable,

    /// <summary>The agent could not renew its lease in time, and stopped sending.</summary>
    LeaseOver,

    /// <summary>The coordinator ended the agent's lease; it stopped sending.</summary>
    LeaseEnded,

    /// <summary>A scan warns.</summary>
    ScanWarning,

    /// <summary>Metrics can be read.</summary>
    MetricsServed,

    /// <summary>The program ends by a failure.</summary>
    Failed,
}

/// <summary>How much an event matters.</summary>
public enum FleetEventLevel
{
    /// <summary>As it should be.</summary>
    Info,

    /// <summary>It may be over by itself.</summary>
    Warning,

    /// <summary>It is not over without a person.</summary>
    Error,
}

/// <summary>What happened, as a code with its facts; <see cref="FleetEventText"/> makes words of it.</summary>
/// <param name="Code">What.</param>
public sealed record FleetEvent(FleetEventCode Code)
{
    /// <summary>The agent or user that it is about.</summary>
    public string? Agent { get; init; }

    /// <summary>The zone.</summary>
    public string? Zone { get; init; }

    /// <summary>The job.</summary>
    public long? Job { get; init; }

    /// <summary>The chunk.</summary>
    public long? Chunk { get; init; }

    /// <summary>The queue.</summary>
    public string? Queue { get; init; }

    /// <summary>Host and port of the other side, or of this one where it listens.</summary>
    public string? Place { get; init; }

    /// <summary>What another program or the network says about it.</summary>
    public string? Detail { get; init; }

    /// <summary>How much it matters.</summary>
    public FleetEventLevel Level => Code switch
    {
        FleetEventCode.BrokerConnected or FleetEventCode.AgentLeft or FleetEventCode.AgentStarted or FleetEventCode.MetricsServed =>
            FleetEventLevel.Info,
        FleetEventCode.BrokerRefusesUser or FleetEventCode.JobUnknown or FleetEventCode.AgentRefused or FleetEventCode.RequestForged
            or FleetEventCode.MessageFailed or FleetEventCode.ChunkUnreadable or FleetEventCode.Failed => FleetEventLevel.Error,
        _ => FleetEventLevel.Warning,
    };

    /// <summary>The code as a word, e.g. <c>broker-connected</c>.</summary>
    public string Name => JsonNamingPolicy.KebabCaseLower.ConvertName(Code.ToString());
}
