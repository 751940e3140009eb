namespace Portolan.Sockets.Chart;

/// <summary>What to call a network namespace.</summary>
public static class NamespaceText
{
    /// <summary>Its name under /run/netns, or <c>net:[4026532008]</c> as ls shows it. Hostile text.</summary>
    public static string Of(NetworkNamespace place) => place.Name ?? $"net:[{place.Inode}]";
}
