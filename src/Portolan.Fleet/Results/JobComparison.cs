using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Results;

/// <summary>What the zones of a job see differently.</summary>
public static class JobComparison
{
    /// <summary>Ports of all zones together. A comparison takes a byte for each, and about a second for all.</summary>
    private const long MostPorts = 20_000_000;

    /// <summary>Compares the zones of a job as it is now.</summary>
    /// <param name="database">The database.</param>
    /// <param name="job">The job.</param>
    /// <param name="now">The end of a job that still runs.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns><c>null</c> for a job of one zone, and for one that is too large to compare while a page waits.</returns>
    public static async Task<VantageComparison?> ReadAsync(
        FleetDatabase database, JobStatus job, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Vantages.Count < 2 || job.Vantages.Sum(static v => v.PortsStored) > MostPorts)
        {
            return null;
        }

        var comparison = new VantageComparison();
        var results = new JobResults(database);
        foreach (var vantage in job.Vantages)
        {
            await results.ReplayAsync(job, vantage, [comparison.From(vantage.Zone)], now, cancellation);
        }

        return comparison;
    }
}
