namespace Portolan.Transport;

/// <summary>
/// A datagram to be sent, or to come. While the stack reads or fills the caller's memory it has the lock, and whoever ends the call takes
/// it: a call that has ended, in whatever way, leaves the caller's memory alone.
/// </summary>
/// <typeparam name="TMemory">The caller's memory.</typeparam>
/// <typeparam name="T">What the call gives.</typeparam>
internal sealed class UdpCall<TMemory, T>(TMemory memory)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where the bytes are, or go. Under the gate, while the call is not over.</summary>
    internal TMemory Memory => memory;

    internal Lock Gate { get; } = new();

    /// <summary>Whether it has ended. Under the gate.</summary>
    internal bool IsOver => _done.Task.IsCompleted;

    internal Task<T> Task => _done.Task;

    internal void Complete(T result)
    {
        lock (Gate)
        {
            _done.TrySetResult(result);
        }
    }

    internal void Fail(Exception reason)
    {
        lock (Gate)
        {
            _done.TrySetException(reason);
        }
    }

    internal void Cancel(CancellationToken token)
    {
        lock (Gate)
        {
            _done.TrySetCanceled(token);
        }
    }
}
