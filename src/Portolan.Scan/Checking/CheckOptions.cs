namespace Portolan.Scan.Checking;

/// <summary>How checks are made.</summary>
public sealed record CheckOptions
{
    /// <summary>The longest a step may wait for the network.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a server that speaks first has for its greeting; never longer than <see cref="Timeout"/>.</summary>
    public TimeSpan GreetingWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The head start of one address before the next is tried as well (RFC 8305 section 5, "Connection Attempt Delay").</summary>
    public TimeSpan AttemptDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether IPv4 addresses are used.</summary>
    public bool UseIPv4 { get; init; } = true;

    /// <summary>Whether IPv6 addresses are used.</summary>
    public bool UseIPv6 { get; init; } = true;

    /// <summary>The name that is sent as SNI and that a certificate must be for; <c>null</c> for the target's own.</summary>
    public string? ServerName { get; init; }

    /// <summary>Goes on where a chain is not trusted. Its faults are reported all the same.</summary>
    public bool AcceptUntrusted { get; init; }

    /// <summary>How many redirects are followed.</summary>
    public int MostRedirects { get; init; } = 10;

    /// <summary>As much of a body is read, and of a redirect's no more than 1 MiB. Bytes.</summary>
    public long MaxBody { get; init; } = 16 << 20;

    /// <summary>Whether ports whose protocol is not named are asked what they are.</summary>
    public bool Identify { get; init; }

    /// <summary>What requests call themselves.</summary>
    public string UserAgent { get; init; } = "portolan";
}
