namespace Portolan.Model;

/// <summary>Something that could not be learned: what, and why with the remedy.</summary>
public sealed record MissingFact(string What, string Why)
{
    /// <summary>
    /// Whether it leaves open only what names it, such as the elements of a set, or nothing that is judged. Else nothing is sure without
    /// it.
    /// </summary>
    public bool IsNarrow { get; init; }
}
