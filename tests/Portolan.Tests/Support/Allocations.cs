namespace Portolan.Tests.Support;

/// <summary>Counts what code allocates on the thread of a test.</summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>
    /// The fewest bytes that one of several runs allocated. The first run, which compiles and fills caches, is not counted, and the
    /// runtime may allocate during any other (a method is replaced by its optimized form); code that allocates does so in every run.
    /// </summary>
    public static long Fewest(Action run)
    {
        run();
        var fewest = long.MaxValue;
        for (var round = 0; round < Rounds && fewest > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return fewest;
    }
}
