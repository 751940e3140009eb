using Portolan.Scan.Identification.Facts;

namespace Portolan.Scan.Identification;

/// <summary>The result of identifying a port.</summary>
public enum ServiceOutcome : byte
{
    /// <summary>Not asked yet, or the scan ended before the answer.</summary>
    None,

    /// <summary>It is known.</summary>
    Identified,

    /// <summary>It said something that no protocol here knows.</summary>
    Unknown,

    /// <summary>It was asked, and said nothing.</summary>
    Silent,

    /// <summary>
    /// It closed the connection before anything was said or asked: an access rule of its own, or a proxy (nmap's <c>tcpwrapped</c>).
    /// </summary>
    Wrapped,

    /// <summary>No connection came about any more.</summary>
    Unreachable,

    /// <summary>
    /// Nothing was sent (<see cref="ServiceAnswer.Reason"/>): a printer's port, which was listened to, or no question that may go there.
    /// </summary>
    NotAsked,

    /// <summary>
    /// This host could not send what it should have been asked with (<see cref="ServiceAnswer.Reason"/>): nothing is known of the port.
    /// </summary>
    NotSent,
}

/// <summary>The result of identifying a port.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Service">What it is; <c>null</c> unless identified.</param>
public sealed record ServiceAnswer(ServiceOutcome Outcome, IdentifiedService? Service)
{
    /// <summary>The most bytes that are kept of unknown services.</summary>
    public const int MaxHeardLength = 64;

    /// <summary>The first bytes of what it said, where it is not known.</summary>
    public ReadOnlyMemory<byte> Heard { get; init; }

    /// <summary>The question that these answer; <c>null</c> where they came unasked.</summary>
    public string? AskedWith { get; init; }

    /// <summary>The most bytes of a greeting.</summary>
    public const int MaxGreetingLength = 1024;

    /// <summary>What it said unasked; empty where it was listened to and said nothing, <c>null</c> where nobody listened.</summary>
    public ReadOnlyMemory<byte>? Greeting { get; init; }

    /// <summary>The certificate that the server sent inside TLS, as DER, for the facts; empty where none was seen.</summary>
    public ReadOnlyMemory<byte> Certificate { get; init; }

    /// <summary>Why nothing was sent; or why this host could not send, or not all, in the system's words.</summary>
    public string? Reason { get; init; }

    /// <summary>The facts that it told (<c>-sC</c>); <c>null</c> unless requested.</summary>
    public IReadOnlyList<Fact>? Facts { get; init; }

    /// <summary>The scan ended before all facts were asked for: who goes on asks again.</summary>
    public bool IsCut { get; init; }

    /// <summary>
    /// Read from a format that has product, version and the rest in one text: it stands in <see cref="IdentifiedService.Product"/>.
    /// </summary>
    public bool IsJoined { get; init; }

    /// <summary>Connections or datagrams that it took.</summary>
    public int Attempts { get; init; }
}

/// <summary>The names of <see cref="ServiceOutcome"/>.</summary>
public static class ServiceOutcomeNames
{
    /// <summary>The word in JSON; <c>null</c> for <see cref="ServiceOutcome.None"/>.</summary>
    public static string? Name(this ServiceOutcome outcome) => outcome switch
    {
        ServiceOutcome.Identified => "identified",
        ServiceOutcome.Unknown => "unknown",
        ServiceOutcome.Silent => "silent",
        ServiceOutcome.Wrapped => "closed-at-once",
        ServiceOutcome.Unreachable => "unreachable",
        ServiceOutcome.NotAsked or ServiceOutcome.NotSent => "not-asked",
        _ => null,
    };
}
