namespace Portolan.Model.Documents;

/// <summary>An element of <c>missing</c>: what could not be learned. Its code is for programs, its words are for people.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Protocol">The protocol whose sockets it is about; <c>null</c> where it is about no single one.</param>
/// <param name="Namespace">The network namespace; <c>null</c> for the caller's own, and where it is about no single one.</param>
/// <param name="What">The same for people.</param>
/// <param name="Why">Why, with the remedy.</param>
public sealed record MissingFactRecord(string Code, string? Protocol, string? Namespace, string What, string Why)
{
    /// <summary>A fact as documents have it.</summary>
    public static MissingFactRecord Of(MissingFact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return new MissingFactRecord(
            fact.Code.Name(), fact.Protocol?.Name(), fact.Namespace is { IsOwn: false } other ? other.LabelOrUnknown : null, fact.What,
            fact.Why);
    }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<MissingFactRecord> Of(IReadOnlyList<MissingFact> facts) => [.. facts.Select(Of)];
}
