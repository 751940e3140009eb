using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Messages;

namespace Portolan.Fleet.Checks;

/// <summary>The same check from several zones: which zones there are, whose agents are heard, what each answers.</summary>
/// <param name="broker">The broker.</param>
/// <param name="database">The database.</param>
/// <param name="clock">The time.</param>
public sealed class ZoneChecks(BrokerAddress broker, FleetDatabase database, TimeProvider clock)
{
    /// <summary>Steps of a check, and what the broker takes.</summary>
    private const int MostSteps = 10;
    private const int AgentsAtOnce = 8;
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(5);

    /// <summary>Asks one agent of each zone.</summary>
    /// <param name="names">The zones; <c>all</c> alone for each that has an agent.</param>
    /// <param name="requestFor">What a zone is asked.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What each zone says, in the order of the zones.</returns>
    /// <exception cref="PortolanException">A zone has no agent, or the broker does not answer.</exception>
    internal async Task<IReadOnlyList<VantageLook>> AskAsync(
        IReadOnlyList<string> names, Func<string, CheckRequest> requestFor, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var agents = await new AgentTable(database).ReadAsync(cancellation);
        string[] known = [.. agents.Select(static a => a.Zone).Distinct(StringComparer.Ordinal)];
        var zones = names is ["all"] ? known : names;
        if (zones.Count == 0)
        {
            throw new PortolanException("no agent has joined the fleet yet", $"start portolan agent on a machine", ExitCode.Usage);
        }

        if (zones.FirstOrDefault(zone => !known.Contains(zone)) is { } unknown)
        {
            throw new PortolanException(
                $"no agent has joined in zone {TerminalText.Escape(unknown)}", $"take one of {Advice.List(known)}, or all", ExitCode.Usage);
        }

        string[] asked = [.. zones.Where(zone => agents.Any(a => a.Zone == zone && !a.IsSilent))];
        (string Zone, CheckRequest Request)[] requests = [.. asked.Select(zone => (zone, requestFor(zone)))];
        var replies = await new VantageCheck(broker, clock).AskAsync(
            requests, agents.ToDictionary(static a => a.Name, static a => a.Zone, StringComparer.Ordinal),
            requests.Select(static r => Patience(r.Request)).DefaultIfEmpty().Max(), cancellation);
        return
        [
            .. zones.Select(zone => new VantageLook(
                zone, Array.IndexOf(asked, zone) is >= 0 and var at ? replies[at] : null,
                asked.Contains(zone) ? "its agent did not answer in time" : "no agent of the zone is connected")),
        ];
    }

    private static TimeSpan Patience(CheckRequest request) =>
        OnTheWay + (TimeSpan.FromSeconds(request.TimeoutSeconds) * MostSteps * (1 + (request.Items.Count / AgentsAtOnce)));
}
