using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Something wrong, or doubtful, in a topology's text.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Message">What is wrong, without a full stop; safe to print.</param>
/// <param name="Hint">What to write instead; <c>null</c> when nobody knows.</param>
/// <param name="IsWarning">Whether the topology can be run nevertheless.</param>
public sealed record TopologyFault(int Line, int Column, string Message, Advice? Hint = null, bool IsWarning = false)
{
    /// <summary><c>12:5: no network is named 'offise'; did you mean 'office'?</c></summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Line}:{Column}: {(IsWarning ? "warning: " : "")}{Message}{(Hint is null ? "" : $"; {Hint}")}");
}
