using System.Threading.Tasks.Sources;

namespace Portolan.Transport;

/// <summary>
/// One wait of a reader or a writer. It is used again once its result was taken; who gives a wait up and never takes the result keeps it,
/// and the next wait has another, so that neither ends the other.
/// </summary>
/// <param name="stack">The stack of its connection.</param>
internal abstract class PendingOperation<T>(NetworkStack stack)
{
    private ManualResetValueTaskSourceCore<T> _core = new() { RunContinuationsAsynchronously = !stack.RunsInline };
    private CancellationTokenRegistration _registration;

    /// <summary>What the value task of this wait needs.</summary>
    internal short Version => _core.Version;

    /// <summary>Begins a wait. Under the gate.</summary>
    internal void Begin() => _core.Reset();

    /// <summary>Has a token end it. Not under the gate, and before anybody has the value task.</summary>
    internal void EndBy(CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            _registration = token.UnsafeRegister(static (state, token) => ((PendingOperation<T>)state!).OnCanceled(token), this);
        }
    }

    /// <summary>Ends it. Once, by who took it from its owner; not under the gate.</summary>
    internal void Complete(in T result, Exception? failure)
    {
        if (failure is null)
        {
            _core.SetResult(result);
        }
        else
        {
            _core.SetException(failure);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <remarks>
    /// In a driven stack every wait ends where its driver says, also behind <c>AsTask</c> and <c>ConfigureAwait(false)</c>: the thread pool
    /// would complete it at another moment in each run, and virtual time may have advanced meanwhile.
    /// </remarks>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        var context = SynchronizationContext.Current;
        var hasContext = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0
            && (context is not null || TaskScheduler.Current != TaskScheduler.Default);
        if (!stack.IsDriven || hasContext)
        {
            _core.OnCompleted(continuation, state, token, flags);
            return;
        }

        SynchronizationContext.SetSynchronizationContext(stack.BareContext ?? context);
        try
        {
            _core.OnCompleted(continuation, state, token, flags | ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>The result, once.</summary>
    /// <exception cref="InvalidOperationException">It is not there yet, or was taken before.</exception>
    protected T Take(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("the result is not there yet");
        }

        _registration.Dispose();
        _registration = default;
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            OnTaken();
        }
    }

    /// <summary>Its token wants it to end.</summary>
    protected abstract void OnCanceled(CancellationToken token);

    /// <summary>It may be used again.</summary>
    protected abstract void OnTaken();
}
