namespace Portolan.Sockets.Chart;

/// <summary>What to call a network namespace.</summary>
public static class NamespaceText
{
    /// <summary><see cref="NetworkNamespace.Label"/>, or <c>unknown</c>. Hostile text.</summary>
    public static string Of(NetworkNamespace place) => place.Label ?? "unknown";
}
