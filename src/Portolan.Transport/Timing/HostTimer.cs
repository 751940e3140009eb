namespace Portolan.Transport.Timing;

/// <summary>Something that is due at a time. It belongs to one <see cref="TimerHeap"/>.</summary>
internal abstract class HostTimer
{
    /// <summary>When; <see cref="Instant.Never"/> while it is not set.</summary>
    internal Instant Deadline { get; set; } = Instant.Never;

    internal long Order { get; set; }

    /// <summary>Where it stands in the heap; -1 when it does not.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>Does what is due. It was taken out of the heap before and may be set again.</summary>
    internal abstract void OnDue(Instant now);
}
