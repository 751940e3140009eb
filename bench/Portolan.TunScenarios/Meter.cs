using System.Diagnostics;

namespace Portolan.TunScenarios;

/// <summary>
/// Times what a receiver gets, from the end of a warming part to the last byte; and the processor time of the whole process meanwhile.
/// </summary>
/// <param name="warming">Bytes that are not timed.</param>
/// <param name="total">Bytes in all.</param>
internal sealed class Meter(long warming, long total)
{
    private long _count;
    private long _start;
    private TimeSpan _startProcessor;
    private double _seconds;
    private TimeSpan _processor;

    internal long Total => total;

    internal double GigabitsPerSecond => (total - warming) * 8 / _seconds / 1e9;

    /// <summary>Nanoseconds of processors, both ends and the kernel's work for them, for each 1,448 bytes.</summary>
    internal double NanosecondsPerSegment => _processor.TotalNanoseconds / ((total - warming) / 1448.0);

    internal double Seconds => _seconds;

    internal void Add(int count)
    {
        _count += count;
        if (_start == 0 && _count >= warming)
        {
            (_start, _startProcessor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        }

        if (_count >= total && _seconds == 0)
        {
            _seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            _processor = Environment.CpuUsage.TotalTime - _startProcessor;
        }
    }

    /// <summary>Says that the stream is over.</summary>
    internal void End()
    {
        if (_count != total)
        {
            throw new InvalidOperationException($"{_count} bytes of {total} came");
        }
    }
}
