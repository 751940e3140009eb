using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>What a server says of its own accord.</summary>
/// <param name="Bytes">What came, at most <see cref="MostBytes"/>; text from outside.</param>
/// <param name="Ending">Why the reading ended.</param>
public sealed record GreetingStep(ReadOnlyMemory<byte> Bytes, GreetingEnding Ending) : CheckStep, IServiceEvidence
{
    /// <summary>As much of a greeting as is read.</summary>
    public const int MostBytes = 1024;

    /// <inheritdoc/>
    public override string Kind => "greeting";

    /// <inheritdoc/>
    public IdentifiedService? Identified { get; init; }
}

/// <summary>Why the reading of a greeting ended.</summary>
public enum GreetingEnding : byte
{
    /// <summary>A line was complete, or as much as is read had come.</summary>
    Complete,

    /// <summary>Bytes came, and then nothing more in time.</summary>
    Paused,

    /// <summary>Nothing came in time: many servers wait for the client to speak.</summary>
    Silent,

    /// <summary>The server closed the connection.</summary>
    Closed,

    /// <summary>The server reset the connection.</summary>
    Reset,
}

/// <summary>The names of <see cref="GreetingEnding"/>.</summary>
public static class GreetingEndingNames
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this GreetingEnding ending) => ending switch
    {
        GreetingEnding.Complete => "complete",
        GreetingEnding.Paused => "paused",
        GreetingEnding.Silent => "silent",
        GreetingEnding.Closed => "closed",
        _ => "reset",
    };
}
