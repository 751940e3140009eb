namespace Portolan.Cli.Traffic;

/// <summary>What <c>portolan traffic capture</c> was asked for.</summary>
/// <param name="Output">The file, or <c>-</c>.</param>
internal sealed record CaptureRequest(string Output)
{
    /// <summary>Words of the filter.</summary>
    public IReadOnlyList<string> Filter { get; init; } = [];

    /// <summary>How long; <c>null</c> for until it is ended.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>How many packets.</summary>
    public long Count { get; init; } = long.MaxValue;

    /// <summary>How large a file may be.</summary>
    public long Size { get; init; } = long.MaxValue;

    /// <summary>How many files are kept.</summary>
    public int Files { get; init; } = 1;

    /// <summary>How many bytes of a packet are kept.</summary>
    public int Snap { get; init; } = int.MaxValue;
}
