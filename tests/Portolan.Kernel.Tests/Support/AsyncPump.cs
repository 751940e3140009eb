using System.Collections.Concurrent;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Runs asynchronous code to its end on the calling thread, so that sockets it opens belong to that thread's network namespace.</summary>
internal static class AsyncPump
{
    internal static void Run(Func<Task> body)
    {
        var before = SynchronizationContext.Current;
        using var queue = new BlockingCollection<(SendOrPostCallback Callback, object? State)>();
        SynchronizationContext.SetSynchronizationContext(new Context(queue));
        try
        {
            var task = body();
            task.ContinueWith(_ => queue.CompleteAdding(), TaskScheduler.Default);
            foreach (var (callback, state) in queue.GetConsumingEnumerable())
            {
                callback(state);
            }

            task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private sealed class Context(BlockingCollection<(SendOrPostCallback Callback, object? State)> queue) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => queue.Add((d, state));
    }
}
