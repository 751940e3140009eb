using Portolan.Model.Documents;
using Portolan.Sockets.Origins;

namespace Portolan.Sockets.Documents;

/// <summary>Why a holder runs: <c>origin</c>.</summary>
/// <param name="StartedBy">What started it, or <c>null</c>.</param>
/// <param name="StartsAgain">What would start it again, or <c>null</c>.</param>
/// <param name="PortFrom">What chose the port, or <c>null</c>.</param>
/// <param name="WorkingCopy">The git working copy that its directory lies in, or <c>null</c>.</param>
/// <param name="Warnings">What deserves attention.</param>
public sealed record OriginRecord(
    OriginFactRecord? StartedBy, OriginFactRecord? StartsAgain, OriginFactRecord? PortFrom, OriginFactRecord? WorkingCopy,
    IEnumerable<CodedText> Warnings)
{
    /// <summary>An origin as documents have it.</summary>
    public static OriginRecord Of(Origin origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return new OriginRecord(
            OriginFactRecord.Of(origin.StartedBy), OriginFactRecord.Of(origin.StartsAgain), OriginFactRecord.Of(origin.PortFrom),
            OriginFactRecord.Of(origin.WorkingCopy), origin.Warnings.Select(static warning => new CodedText(warning.Code, warning.Text)));
    }
}

/// <summary>A fact about why a process runs.</summary>
/// <param name="Code">What kind of fact, for programs.</param>
/// <param name="Text">A clause. Hostile text.</param>
/// <param name="Source">Where it was read. Hostile text.</param>
/// <param name="Guess">Whether it is only likely.</param>
public sealed record OriginFactRecord(string Code, string Text, string Source, bool Guess)
{
    /// <summary>A fact as documents have it.</summary>
    public static OriginFactRecord? Of(OriginFact? fact) =>
        fact is null ? null : new OriginFactRecord(fact.Code, fact.Text, fact.Source, fact.IsGuess);
}
