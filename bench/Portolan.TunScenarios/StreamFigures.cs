namespace Portolan.TunScenarios;

/// <summary>What is told of one stream.</summary>
internal static class StreamFigures
{
    /// <summary>Makes two ends, has one stream go between them and tells of it, where that is wanted.</summary>
    internal static void Note<T>(Report report, Func<string, bool> wants, string figure, Func<T> make, Func<T, Meter> transfer)
        where T : IDisposable
    {
        if (!wants(figure))
        {
            return;
        }

        using var pair = make();
        var meter = transfer(pair);
        report.Note($"{figure}, Gb/s", meter.GigabitsPerSecond);
        report.Note($"{figure}, processor ns for each 1,448 bytes", meter.NanosecondsPerSegment);
        if (pair is TunStreams tun)
        {
            report.Note($"{figure}, packets that found the device's queue full", tun.Dropped);
        }

        if (pair is StackStreams stack)
        {
            report.Note($"{figure}, segments that the stack sent again", stack.Retransmissions);
        }
    }
}
