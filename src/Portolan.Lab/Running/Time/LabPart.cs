using Portolan.Transport;

namespace Portolan.Lab.Running.Time;

/// <summary>Something that <see cref="LabLoop"/> drives: a host, a router, the vantage.</summary>
internal abstract class LabPart
{
    private static long _made;

    /// <summary>The order in which the parts of a lab were made.</summary>
    internal long Number { get; } = Interlocked.Increment(ref _made);

    /// <summary>When the loop has it down for; <see cref="Instant.Never"/> for not at all.</summary>
    internal Instant Scheduled { get; set; } = Instant.Never;

    /// <summary>
    /// A later time at which an entry of it waits in the loop's queue, so that none is made twice; <see cref="Instant.Never"/> for none.
    /// </summary>
    internal Instant Queued { get; set; } = Instant.Never;

    /// <summary>When it wants to run next, unless something comes before.</summary>
    internal abstract Instant NextDeadline { get; }

    /// <summary>Other threads are quiet: what they have asked may be done.</summary>
    internal virtual void Release()
    {
    }

    /// <summary>Takes what came and does what is due.</summary>
    internal abstract void Run(Instant now);
}
