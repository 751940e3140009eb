namespace Portolan.Scan.Checking;

/// <summary>
/// A protocol over TCP that a URL names, such as <c>smtp</c>: its port, and what its servers say first. Nothing is sent to them.
/// </summary>
/// <param name="Name">The URL's scheme.</param>
/// <param name="Port">Where its servers listen unless the URL says otherwise.</param>
/// <param name="UsesTls">The connection starts with a TLS handshake ("implicit TLS", RFC 8314 section 3).</param>
/// <param name="Greeting">What its servers say first; <c>null</c> where the client speaks first.</param>
public sealed record TcpService(string Name, ushort Port, bool UsesTls, GreetingForm? Greeting);

/// <summary>What the servers of a protocol say first.</summary>
/// <param name="Protocol">The protocol's name, such as <c>SMTP</c>.</param>
/// <param name="Expected">How a greeting begins, in words: <c>220</c>.</param>
/// <param name="Judge">Judges what has come so far.</param>
public sealed record GreetingForm(string Protocol, string Expected, Func<ReadOnlyMemory<byte>, GreetingKind> Judge);

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
