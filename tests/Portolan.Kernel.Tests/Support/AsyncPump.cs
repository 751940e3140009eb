using System.Collections.Concurrent;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Support;

/// <summary>
/// Runs asynchronous code to its end on the calling thread, so that sockets it opens belong to that thread's network namespace.
/// </summary>
internal static class AsyncPump
{
    /// <exception cref="TimeoutException">Nothing went on for <see cref="Bounded.Limit"/>.</exception>
    internal static void Run(Func<Task> body)
    {
        var before = SynchronizationContext.Current;

        // Not disposed: code that the body began and did not wait for may still come back to it.
        var queue = new BlockingCollection<(SendOrPostCallback Callback, object? State)>();
        SynchronizationContext.SetSynchronizationContext(new Context(queue));
        try
        {
            var task = body();
            task.ContinueWith(_ => queue.CompleteAdding(), TaskScheduler.Default);
            while (queue.TryTake(out var next, Bounded.Limit))
            {
                next.Callback(next.State);
            }

            if (!queue.IsCompleted)
            {
                throw new TimeoutException($"the asynchronous code of the test neither went on nor ended for "
                    + $"{Bounded.Limit.TotalSeconds:0} s; it is {task.Status}");
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
        public override void Post(SendOrPostCallback d, object? state)
        {
            try
            {
                queue.Add((d, state));
            }
            catch (InvalidOperationException)
            {
                // The body is over: what it left behind goes on without the thread.
                ThreadPool.QueueUserWorkItem(_ => d(state));
            }
        }
    }
}
