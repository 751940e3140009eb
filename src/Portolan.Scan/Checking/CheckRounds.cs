namespace Portolan.Scan.Checking;

/// <summary>Checks all targets at once, in rounds.</summary>
/// <param name="orders">Targets and what they must show; never empty.</param>
/// <param name="checker">Checks one.</param>
public sealed class CheckRounds(IReadOnlyList<CheckOrder> orders, PortChecker checker)
{
    /// <summary>More checks than these are not under way at once. A file may name thousands.</summary>
    private const int MostAtOnce = 32;

    private bool _isLater;

    /// <summary>Checks every target once; yields the verdicts in the order of the targets, each as soon as it and all before it are
    /// done.</summary>
    public IEnumerable<CheckVerdict> Next(CancellationToken cancellationToken)
    {
        // What a port is, is asked once: a probe every few seconds would fill its log.
        var asking = _isLater ? checker.WithoutIdentifying() : checker;
        _isLater = true;
        return Round(asking, cancellationToken);
    }

    private IEnumerable<CheckVerdict> Round(PortChecker asking, CancellationToken cancellationToken)
    {
        asking.PrepareAsync(orders.Select(static o => o.Target), cancellationToken).GetAwaiter().GetResult();
        var turns = new SemaphoreSlim(MostAtOnce);
        var checks = new List<Task<CheckReport>>();
        foreach (var order in orders)
        {
            checks.Add(Task.Run(() => TakeTurnAsync(asking, turns, order.Target, cancellationToken), cancellationToken));
        }

        for (var i = 0; i < checks.Count; i++)
        {
            yield return orders[i].Judge(checks[i].GetAwaiter().GetResult());
        }
    }

    private static async Task<CheckReport> TakeTurnAsync(
        PortChecker asking, SemaphoreSlim turns, CheckTarget target, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await asking.CheckAsync(target, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turns.Release();
        }
    }
}
