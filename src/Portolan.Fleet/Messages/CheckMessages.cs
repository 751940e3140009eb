using System.Text.Json;

namespace Portolan.Fleet.Messages;

/// <summary>A check that an agent of a zone is to make: <c>portolan check</c> from there. Nothing of it is kept.</summary>
public sealed record CheckRequest
{
    /// <summary>More targets than these are not checked by one request.</summary>
    public const int MostTargets = 100;

    /// <summary>See <see cref="ChunkMessage.CurrentVersion"/>.</summary>
    public int Version { get; init; } = ChunkMessage.CurrentVersion;

    /// <summary>What is checked, in order.</summary>
    public required IReadOnlyList<CheckItem> Items { get; init; }

    /// <summary>The time limit of a step, in seconds.</summary>
    public double TimeoutSeconds { get; init; } = 5;

    /// <summary>IPv4 addresses are used.</summary>
    public bool UseIPv4 { get; init; } = true;

    /// <summary>IPv6 addresses are used.</summary>
    public bool UseIPv6 { get; init; } = true;

    /// <summary>A certificate that is not trusted does not end the check.</summary>
    public bool AcceptUntrusted { get; init; }

    /// <summary>The TLS server name; <c>null</c> for the target's.</summary>
    public string? ServerName { get; init; }

    /// <summary>Open ports are asked what they are.</summary>
    public bool Identify { get; init; }

    /// <summary>Redirects that are followed.</summary>
    public int MostRedirects { get; init; } = 10;

    /// <summary>Bytes of a body that are read.</summary>
    public long MaxBody { get; init; } = 16 << 20;

    /// <summary>A page asks: no link-local address and no metadata service is reached.</summary>
    public bool IsGuarded { get; init; }
}

/// <summary>A target of a check.</summary>
/// <param name="Target">As it was written, without secrets.</param>
/// <param name="Expectations">What it must show from this zone.</param>
public sealed record CheckItem(string Target, IReadOnlyList<string> Expectations);

/// <summary>The answer to a <see cref="CheckRequest"/>.</summary>
public sealed record CheckReply
{
    /// <summary>Who checked.</summary>
    public required string Agent { get; init; }

    /// <summary>From where.</summary>
    public required string Zone { get; init; }

    /// <summary>What it found, as <c>portolan.check/1</c>; <c>null</c> when it could not check at all.</summary>
    public JsonElement? Document { get; init; }

    /// <summary>Why it could not, for people.</summary>
    public string? Problem { get; init; }
}
