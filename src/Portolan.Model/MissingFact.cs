namespace Portolan.Model;

/// <summary>Something that could not be learned: what, and why with the remedy.</summary>
public sealed record MissingFact(string What, string Why);
