namespace Portolan.Transport.Testing.Apps;

/// <summary>What one end of a connection does.</summary>
/// <param name="Bytes">How much it writes before it sends FIN.</param>
/// <param name="WriteAtMost">The most bytes of one write.</param>
/// <param name="ReadAtMost">The most bytes of one read.</param>
/// <param name="ReadEvery">How long it waits between reads; zero to read at once.</param>
/// <param name="AbortAfter">After so many bytes read it aborts; negative for never.</param>
/// <param name="IsNoDelay">Whether Nagle's algorithm is off.</param>
public sealed record TcpScript(
    long Bytes, int WriteAtMost = 16_384, int ReadAtMost = 16_384, TimeSpan ReadEvery = default, long AbortAfter = -1,
    bool IsNoDelay = false)
{
    /// <summary>How much it writes before it sends FIN.</summary>
    public long Bytes { get; init => field = Allowed.AtLeast(0L, value); } = Allowed.AtLeast(0L, Bytes);

    /// <summary>The most bytes of one write.</summary>
    public int WriteAtMost { get; init => field = Allowed.AtLeast(1, value); } = Allowed.AtLeast(1, WriteAtMost);

    /// <summary>The most bytes of one read.</summary>
    public int ReadAtMost { get; init => field = Allowed.AtLeast(1, value); } = Allowed.AtLeast(1, ReadAtMost);

    /// <summary>How long it waits between reads; zero to read at once.</summary>
    public TimeSpan ReadEvery { get; init => field = Allowed.NotNegative(value); } = Allowed.NotNegative(ReadEvery);

    /// <summary>How long it waits between writes; zero to write as soon as there is room.</summary>
    public TimeSpan WriteEvery { get; init => field = Allowed.NotNegative(value); }

    /// <summary>The chance that a write is urgent data.</summary>
    public double Urgent { get; init => field = Allowed.Chance(value); }

    /// <summary>After so many bytes read it closes without a look at what else comes; negative for never.</summary>
    public long CloseAfter { get; init; } = -1;

    /// <summary>When, after its beginning, it aborts whatever it is at; <c>null</c> for never.</summary>
    public TimeSpan? AbortAt { get; init => field = value is { } time ? Allowed.NotNegative(time) : null; }

    /// <summary>How long its reads of so many bytes take at most, when they are all there.</summary>
    internal TimeSpan TimeToRead(long bytes) => ReadEvery * Math.Ceiling((double)bytes / ReadAtMost);
}
