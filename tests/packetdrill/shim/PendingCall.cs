using Portolan.Transport;

namespace Portolan.Packetdrill;

/// <summary>A call that may have to wait. Whoever changes something tries to end it; the thread that waits takes the result.</summary>
/// <param name="attempt">Tries to end it; null when it has to wait on.</param>
/// <param name="deadline">When it ends anyway.</param>
internal sealed class PendingCall(Func<bool, long?> attempt, Instant deadline)
{
    internal Instant Deadline => deadline;

    internal bool HasEnded { get; private set; }

    /// <summary>The result, or minus the error number.</summary>
    internal long Result { get; private set; }

    /// <summary>When it ended.</summary>
    internal Instant EndedAt { get; private set; }

    /// <summary>One that needs no waiting.</summary>
    internal static PendingCall Ended(long result)
    {
        var call = new PendingCall(_ => result, Instant.Never);
        call.TryEnd(default);
        return call;
    }

    internal bool TryEnd(Instant now)
    {
        if (!HasEnded && attempt(now >= deadline) is { } result)
        {
            (HasEnded, Result, EndedAt) = (true, result, now);
        }

        return HasEnded;
    }
}
