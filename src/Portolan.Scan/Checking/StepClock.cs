namespace Portolan.Scan.Checking;

/// <summary>Time from the start of a check, without the time that this program needed for itself. Used by one step at a time.</summary>
internal sealed class StepClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _stopped;

    /// <summary>The clock beneath.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Time since the start.</summary>
    public TimeSpan Now => Time.GetElapsedTime(_start) - _stopped;

    /// <summary>The time of a step that began then and ends now.</summary>
    public StepTime Since(TimeSpan at) => new(at, Now - at);

    /// <summary>Starts something that is this program's own affair and waits for it. The clock stands still meanwhile.</summary>
    public async Task StopForAsync(Func<Task> own, CancellationToken cancellationToken)
    {
        // Before it starts: on another thread it may be done before this one goes on.
        var stop = Time.GetTimestamp();
        await own().WaitAsync(cancellationToken);
        _stopped += Time.GetElapsedTime(stop);
    }
}
