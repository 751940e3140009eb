using System.Globalization;

namespace Portolan.Fleet.Events;

/// <summary>The words for events, for people. Control characters of other programs are escaped.</summary>
public static class FleetEventText
{
    private const string Unknown = "an unknown user";

    /// <summary>One line, without the program's name.</summary>
    public static string Of(FleetEvent one)
    {
        ArgumentNullException.ThrowIfNull(one);
        var (agent, detail) = (one.Agent ?? Unknown, one.Detail);
        var text = one.Code switch
        {
            FleetEventCode.BrokerConnected => $"connected to the broker {one.Place}{(one.Zone is null ? "" : $", zone {one.Zone}")}",
            FleetEventCode.BrokerUnreachable => $"the broker {one.Place} is out of reach: {detail}",
            FleetEventCode.BrokerRefusesUser =>
                $"the broker {one.Place} refuses the user {one.Agent}: it was removed, or has another password",
            FleetEventCode.ChannelClosed => $"the broker closed the channel: {detail}",
            FleetEventCode.DatabaseFailed => $"the database does not work: {detail}",
            FleetEventCode.JobUnknown => $"job {Number(one.Job)} is not worked on: {detail}",
            FleetEventCode.AgentRefused => $"agent {agent} is refused: {detail}",
            FleetEventCode.AgentLeft => $"agent {agent} has left",
            FleetEventCode.RequestUnreadable => $"a request of {agent} cannot be read",
            FleetEventCode.RequestForged => $"refused a request of {agent} in the name of {detail}",
            FleetEventCode.BatchRefused => $"refused a batch of {agent}",
            FleetEventCode.MessageFailed => $"a message in {one.Queue} cannot be handled: {detail}",
            FleetEventCode.AgentStarted => $"agent {agent}: {detail}",
            FleetEventCode.ChunkUnreadable => $"chunk {Number(one.Chunk)} cannot be read: {detail}",
            FleetEventCode.LeaseOver => $"chunk {Number(one.Chunk)}: the lease is over; stopped",
            FleetEventCode.LeaseEnded => $"chunk {Number(one.Chunk)}: the coordinator ended the lease; stopped",
            FleetEventCode.MetricsServed => $"metrics are at http://{one.Place}/metrics",
            _ => detail ?? one.Name,
        };
        return TerminalText.Escape(text);
    }

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
