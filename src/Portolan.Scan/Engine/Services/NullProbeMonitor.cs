namespace Portolan.Scan.Engine.Services;

/// <summary>Says of stages that they stand where they began, until what they found can be told.</summary>
internal sealed class NullProbeMonitor(IProbeWatch watch, ProbeCursor from) : IProbeWatch
{
    private StageStatus? _last;

    /// <inheritdoc/>
    public bool IsStopping => watch.IsStopping;

    /// <inheritdoc/>
    public void Tick(in StageStatus status)
    {
        _last = status;
        watch.Tick(status with { Cursor = from });
    }

    /// <inheritdoc/>
    public void Warn(string message) => watch.Warn(message);

    /// <inheritdoc/>
    public void Incomplete(string why) => watch.Incomplete(why);

    /// <summary>The findings are reported: a resumed run may begin where the last stage was.</summary>
    public void TellPlace()
    {
        if (_last is { } last)
        {
            watch.Tick(last);
        }
    }
}
