namespace Portolan.Scan.Checking;

/// <summary>Time from the start of a check.</summary>
internal sealed class StepClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>The clock beneath.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Time since the start.</summary>
    public TimeSpan Now => Time.GetElapsedTime(_start);

    /// <summary>The time of a step that began then and ends now.</summary>
    public StepTime Since(TimeSpan at) => new(at, Now - at);
}
