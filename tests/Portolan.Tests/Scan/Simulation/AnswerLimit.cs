namespace Portolan.Tests.Scan.Simulation;

/// <summary>A token bucket as kernels limit their refusals with.</summary>
internal sealed class AnswerLimit(double perSecond, double burst)
{
    private double _tokens = double.MaxValue;
    private long _filledAt;

    internal bool TryTake(long now)
    {
        _tokens = Math.Min(burst, _tokens + ((now - _filledAt) / (double)VirtualTime.Second * perSecond));
        _filledAt = now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
