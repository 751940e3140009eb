using Npgsql;
using Portolan.Fleet.Checks;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Documents;
using Portolan.Fleet.Messages;
using Portolan.Fleet.Results;
using Portolan.Fleet.Settings;
using Portolan.Scan.Results;
using Portolan.Web.Api;
using ZoneRequest = Portolan.Fleet.Messages.CheckRequest;

namespace Portolan.Web.Feed;

/// <summary>The fleet that a server shows. One reading serves all browsers for some seconds; nothing is read while none asks.</summary>
/// <param name="settings">The fleet.</param>
/// <param name="config">The file that they are from; <c>null</c> for the usual one.</param>
/// <param name="clock">The time.</param>
internal sealed class FleetSource(FleetSettings settings, string? config, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>How many jobs, open ports and differences a page has.</summary>
    internal const int MostJobs = 20;
    internal const int MostPorts = 500;

    /// <summary>How many checks run at once, of all browsers together; others wait.</summary>
    private const int ChecksAtOnce = 4;

    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(3);

    private readonly FleetDatabase _database = settings.OpenDatabase();
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly SemaphoreSlim _comparing = new(1, 1);
    private readonly SemaphoreSlim _checking = new(ChecksAtOnce, ChecksAtOnce);
    private (FleetPage Page, long At)? _last;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _reading.Dispose();
        _comparing.Dispose();
        _checking.Dispose();
    }

    /// <summary>How it stands, its agents, its newest jobs.</summary>
    /// <exception cref="ApiError">The database does not answer.</exception>
    internal Task<FleetPage> ReadAsync(CancellationToken cancellation) => InTurnAsync(_reading, ReadNewAsync, cancellation);

    /// <summary>One job; <c>null</c> when there is none with the number.</summary>
    /// <exception cref="ApiError">The database does not answer.</exception>
    internal Task<FleetJobPage?> JobAsync(long id, CancellationToken cancellation) =>
        InTurnAsync(_comparing, token => ReadJobAsync(id, token), cancellation);

    /// <summary>Checks a target from zones.</summary>
    /// <exception cref="ApiError">The database or the broker does not answer.</exception>
    /// <exception cref="PortolanException">No agent has joined in a zone.</exception>
    internal Task<ZoneChecksDocument> CheckAsync(string target, string zone, CancellationToken cancellation) => InTurnAsync(
        _checking,
        async token =>
        {
            var startedAt = TimeText.Rfc3339(clock.GetUtcNow());
            var looks = await new ZoneChecks(settings.Broker, _database, clock).AskAsync(
                [zone], _ => new ZoneRequest { Items = [new CheckItem(target, [])], IsGuarded = true }, token);
            return new ZoneChecksDocument(
                startedAt,
                [.. looks.Select(look => new ZoneCheckDocument(startedAt, look.Reply?.Agent ?? "", look.Zone, look.Problem, look.Checks))]);
        },
        cancellation);

    private async Task<FleetPage> ReadNewAsync(CancellationToken cancellation)
    {
        if (_last is { } last && clock.GetElapsedTime(last.At) < GoodFor)
        {
            return last.Page;
        }

        var (status, agents) = await FleetStatus.ReadAsync(settings, _database, cancellation);
        var jobs = await new JobTable(_database).NewestAsync(MostJobs, cancellation);
        var page = new FleetPage(
            TimeText.Rfc3339(clock.GetUtcNow()), status, [.. agents.Select(FleetAgentRecord.Of)], [.. jobs.Select(FleetJobRecord.Of)]);
        _last = (page, clock.GetTimestamp());
        return page;
    }

    private async Task<FleetJobPage?> ReadJobAsync(long id, CancellationToken cancellation)
    {
        await _database.CheckSchemaAsync(cancellation);
        if (await new JobTable(_database).ReadAsync(id, cancellation) is not { } job)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var open = await OpenPort.FirstAsync(_database, job, MostPorts + 1, cancellation);
        var comparison = await JobComparison.ReadAsync(_database, job, now, cancellation);
        return new FleetJobPage(
            TimeText.Rfc3339(now), FleetJobRecord.Of(job),
            [
                .. job.Vantages.Where(static v => !v.IsComplete).Select(v => new IncompleteZone(v.Zone, JobResults.WhyIncomplete(job, v))),
            ],
            [
                .. open.Take(MostPorts).Select(static o => new OpenPortRecord(
                    o.Address.ToString(), o.Port.Protocol.Name(), o.Port.Port.Value, o.Zones)),
            ],
            open.Count > MostPorts, comparison is null ? null : RecordOf(comparison));
    }

    private static DisagreementRecord RecordOf(VantageComparison comparison)
    {
        var names = comparison.Names;
        var rows = comparison.Disagreements().Take(MostPorts + 1).Select(row => new DisagreementRow(
            row.Address.ToString(), row.Port.Protocol.Name(), row.Port.Port.Value,
            [.. row.States.Select((state, at) => new VantageState(names[at], state?.Name()))])).ToList();
        return new DisagreementRecord([.. rows.Take(MostPorts)], rows.Count > MostPorts, comparison.CountOthers());
    }

    // What is away now may be back a moment later: the rest of the page goes on.
    private async Task<T> InTurnAsync<T>(SemaphoreSlim turn, Func<CancellationToken, Task<T>> act, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            return await act(cancellation);
        }
        catch (NpgsqlException exception)
        {
            throw Away(FleetDatabase.Failure(exception, config));
        }
        catch (PortolanException exception) when (exception.ExitCode != ExitCode.Usage)
        {
            throw Away(exception);
        }
        finally
        {
            turn.Release();
        }
    }

    private static ApiError Away(PortolanException exception) =>
        new(503, "fleet-away", $"The fleet cannot be asked: {exception.Message}.", exception.Hint?.ToString());
}
