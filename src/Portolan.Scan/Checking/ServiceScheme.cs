using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// A protocol that a URL names, such as <c>redis</c>: its port, and how its servers are known. No login is attempted.
/// </summary>
/// <param name="Name">The URL's scheme.</param>
/// <param name="Label">The protocol in sentences: <c>Redis</c>.</param>
/// <param name="Protocol">Its name in the catalog of identification, whose question is put and whose reading counts.</param>
/// <param name="Port">Where its servers listen unless the URL says otherwise.</param>
public sealed record ServiceScheme(string Name, string Label, string Protocol, ushort Port)
{
    /// <summary>What carries it unless the URL says otherwise.</summary>
    public TransportProtocol Transport { get; init; } = TransportProtocol.Tcp;

    /// <summary>The connection starts with a TLS handshake ("implicit TLS", RFC 8314 section 3).</summary>
    public bool UsesTls { get; init; }

    /// <summary>What its servers say first, where that is enough to know them: nothing is sent. Otherwise <c>null</c>.</summary>
    public GreetingForm? Greeting { get; init; }

    /// <summary>How the words begin of a server that is there and refuses to serve, or cannot yet.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];
}

/// <summary>What the servers of a protocol say first.</summary>
/// <param name="Expected">How a greeting begins, in words: <c>220</c>.</param>
/// <param name="Judge">Judges what has come so far.</param>
public sealed record GreetingForm(string Expected, Func<ReadOnlyMemory<byte>, GreetingKind> Judge);

/// <summary>What the bytes of a greeting are.</summary>
public enum GreetingKind : byte
{
    /// <summary>The beginning of a greeting, perhaps.</summary>
    Incomplete,

    /// <summary>A complete greeting: the server is ready.</summary>
    Ready,

    /// <summary>The protocol's own words for "not now" or "not you", such as SMTP's <c>554</c>.</summary>
    Refusal,

    /// <summary>Another protocol's.</summary>
    Foreign,
}
