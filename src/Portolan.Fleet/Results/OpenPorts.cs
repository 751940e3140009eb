using System.Net;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Results;

/// <summary>A port of a job that is open.</summary>
/// <param name="Address">The host.</param>
/// <param name="Port">The port.</param>
/// <param name="Zones">The zones from which it is.</param>
public sealed record OpenPort(InternetAddress Address, ProbePort Port, IReadOnlyList<string> Zones)
{
    /// <summary>The first open ports of a job, by address and port.</summary>
    /// <param name="database">The database.</param>
    /// <param name="job">The job.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<OpenPort>> FirstAsync(
        FleetDatabase database, JobStatus job, int most, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(job);
        await using var connection = await database.ConnectAsync(cancellation);
        var found = new List<(InternetAddress Address, ProbePort Port, string Zone)>();
        foreach (var zone in job.Vantages)
        {
            // The order of the table's key. What is among the first of all is among the first of its zone.
            found.AddRange(await connection.RowsAsync(
                """
                select address, protocol, port from observation where job = $1 and zone = $2 and state = 1
                order by address, protocol, port limit $3
                """,
                row => (
                    InternetAddress.From(row.GetFieldValue<IPAddress>(0)),
                    new ProbePort((TransportProtocol)row.GetInt16(1), new PortNumber((ushort)row.GetInt32(2))), zone.Zone),
                cancellation, job.Id, zone.Zone, most));
        }

        return
        [
            .. found.GroupBy(static f => (f.Address, f.Port)).OrderBy(static g => g.Key.Address).ThenBy(static g => g.Key.Port.Protocol)
                .ThenBy(static g => g.Key.Port.Port.Value).Take(most)
                .Select(static g => new OpenPort(g.Key.Address, g.Key.Port, [.. g.Select(static f => f.Zone)])),
        ];
    }
}
