namespace Portolan.Model;

/// <summary>Something that could not be learned: a code for programs, and for people what, and why with the remedy.</summary>
/// <param name="Code">What it is. Only this says what follows from it.</param>
/// <param name="What">The same for people.</param>
/// <param name="Why">Why, with the remedy, for people.</param>
public sealed record MissingFact(MissingFactCode Code, string What, string Why)
{
    /// <summary>The protocol whose sockets it is about; <c>null</c> where it is about no single one.</summary>
    public SocketProtocol? Protocol { get; init; }

    /// <summary>The network namespace that it is about; <c>null</c> for the caller's own, and where it is about no single one.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>
    /// Whether it leaves open only what names it, such as the elements of a set, or nothing that is judged. Else nothing is sure without
    /// it.
    /// </summary>
    public bool IsNarrow { get; init; }
}
