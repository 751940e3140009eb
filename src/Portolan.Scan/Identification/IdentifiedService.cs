namespace Portolan.Scan.Identification;

/// <summary>What answers on a port, as its own bytes say. A fact that they do not carry is <c>null</c>, never guessed.</summary>
/// <param name="Protocol">The protocol that was spoken, by IANA's name where it has one: <c>ssh</c>, <c>http</c>, <c>domain</c>.</param>
public sealed record IdentifiedService(string Protocol)
{
    /// <summary>The most characters of one fact: replies are a stranger's.</summary>
    public const int MaxTextLength = 128;

    /// <summary>The product, such as <c>OpenSSH</c>.</summary>
    public string? Product { get; init => field = Known(value); }

    /// <summary>Its version, as it is in the reply: <c>9.2p1</c>.</summary>
    public string? Version { get; init => field = Known(value); }

    /// <summary>What else is worth a line: <c>protocol 2.0</c>, <c>title "Welcome"</c>.</summary>
    public string? Info { get; init => field = Known(value); }

    /// <summary>The operating system that the reply names.</summary>
    public string? OperatingSystem { get; init => field = Known(value); }

    /// <summary>The host name that the reply names.</summary>
    public string? HostName { get; init => field = Known(value); }

    /// <summary>
    /// Names of the product in the Common Platform Enumeration, version 2.2, such as <c>cpe:/a:openbsd:openssh:9.2p1</c>.
    /// </summary>
    public IReadOnlyList<string> Cpes { get; init; } = [];

    /// <summary><c>ssl</c> where the protocol was spoken inside TLS; otherwise <c>null</c>.</summary>
    public string? Tunnel { get; init; }

    /// <summary>How certain the protocol is, 1 to 10. Below 10: known from its specification only, never tried against a server.</summary>
    public int Confidence { get; init; } = 10;

    // An absent text is not a fact.
    private static string? Known(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
