namespace Portolan.Transport.Links;

/// <summary>What was done to a frame.</summary>
[Flags]
public enum FaultKinds : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The frame was dropped by itself.</summary>
    Lost = 1,

    /// <summary>The frame was dropped with its neighbours, in a burst.</summary>
    LostInBurst = 2,

    /// <summary>Lost to a partition.</summary>
    Partitioned = 4,

    /// <summary>Lost for its length.</summary>
    TooLong = 8,

    /// <summary>Lost for want of room in the queue.</summary>
    QueueFull = 16,

    /// <summary>Bits were turned over.</summary>
    Corrupted = 32,

    /// <summary>It will come twice.</summary>
    Duplicated = 64,

    /// <summary>It is held so that others overtake it.</summary>
    Reordered = 128,
}

/// <summary>What a <see cref="FaultLink"/> decided about a frame.</summary>
/// <param name="Kinds">What was done.</param>
/// <param name="SentAt">When it was sent.</param>
/// <param name="DueAt">When it arrives; <see cref="Instant.Never"/> when it does not.</param>
public readonly record struct FaultReport(FaultKinds Kinds, Instant SentAt, Instant DueAt)
{
    /// <summary>Whether it never arrives.</summary>
    public bool IsLost => DueAt == Instant.Never;

    /// <summary>Such as <c>lost in a burst</c> or <c>corrupted, arrives after 12.5 ms</c>.</summary>
    public override string ToString()
    {
        var words = Kinds == FaultKinds.None ? "" : $"{Kinds}".ToLowerInvariant();
        var arrival = IsLost ? "" : $"arrives after {(DueAt - SentAt).TotalMilliseconds:0.###} ms";
        return words.Length == 0 || arrival.Length == 0 ? words + arrival : $"{words}, {arrival}";
    }
}

/// <summary>Hears of every frame that a <see cref="FaultLink"/> was given.</summary>
/// <param name="frame">The frame as it was sent; valid during the call only.</param>
/// <param name="report">What becomes of it.</param>
public delegate void FaultObserver(ReadOnlySpan<byte> frame, in FaultReport report);
