namespace Portolan.Cli.Checking;

/// <summary>A line of the ladder.</summary>
/// <param name="At">From the start of the check.</param>
/// <param name="Direction">Which way it went.</param>
/// <param name="Label">A few words; may hold text from outside.</param>
internal readonly record struct LadderEvent(TimeSpan At, LadderDirection Direction, string Label);

/// <summary>Which way something went.</summary>
internal enum LadderDirection : byte
{
    /// <summary>From us.</summary>
    Out,

    /// <summary>To us.</summary>
    In,

    /// <summary>Nowhere: what did not happen.</summary>
    None,
}
