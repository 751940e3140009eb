namespace Portolan.Scan.Checking;

/// <summary>The time a step has: its token ends with that time, or with the caller's.</summary>
internal sealed class StepLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    public StepLimit(TimeSpan time, TimeProvider clock, CancellationToken outer)
    {
        _timer = new CancellationTokenSource(time, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, outer);
    }

    /// <summary>Ends when the time is over or the caller's token ends.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => _timer.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
