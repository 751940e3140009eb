namespace Portolan.Transport.Testing.Apps;

/// <summary>What one end of a connection does.</summary>
/// <param name="Bytes">How much it writes before it sends FIN.</param>
/// <param name="WriteAtMost">The most bytes of one write.</param>
/// <param name="ReadAtMost">The most bytes of one read.</param>
/// <param name="ReadEvery">How long it waits between reads; zero to read at once.</param>
/// <param name="AbortAfter">After so many bytes read it aborts; negative for never.</param>
/// <param name="IsNoDelay">Whether Nagle's algorithm is off.</param>
public sealed record TcpScript(
    long Bytes, int WriteAtMost = 16_384, int ReadAtMost = 16_384, TimeSpan ReadEvery = default, long AbortAfter = -1, bool IsNoDelay = false)
{
    /// <summary>How long it waits between writes; zero to write as soon as there is room.</summary>
    public TimeSpan WriteEvery { get; init; }

    /// <summary>The chance that a write is urgent data.</summary>
    public double Urgent { get; init; }

    /// <summary>After so many bytes read it closes without a look at what else comes; negative for never.</summary>
    public long CloseAfter { get; init; } = -1;

    /// <summary>When, after its beginning, it aborts whatever it is at; <c>null</c> for never.</summary>
    public TimeSpan? AbortAt { get; init; }

    /// <summary>How long its reads of so many bytes take at most, when they are all there.</summary>
    internal TimeSpan TimeToRead(long bytes) => ReadEvery * Math.Ceiling((double)bytes / ReadAtMost);
}
