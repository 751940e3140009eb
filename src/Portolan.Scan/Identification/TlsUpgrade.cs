namespace Portolan.Scan.Identification;

/// <summary>
/// How a client turns a connection in clear into TLS (STARTTLS and its like): the request, and the answer after which the handshake begins.
/// <see cref="Conversation.UpgradeAsync"/> takes the steps.
/// </summary>
/// <param name="Request">The request.</param>
/// <param name="IsWhole">Whether the answer to it is whole; <c>null</c> where the handshake follows the request without an answer.</param>
/// <param name="IsGranted">Whether a whole answer lets the handshake begin.</param>
public sealed record TlsUpgrade(ServiceProbe Request, Func<ReadOnlyMemory<byte>, bool>? IsWhole, Func<ReadOnlyMemory<byte>, bool> IsGranted)
{
    /// <summary>A question whose answer says whether the server offers TLS; <c>null</c> where the request itself is the question.</summary>
    public TlsOffer? Offer { get; init; }

    /// <summary>Whether what the server said last offers TLS, where no question is needed for that.</summary>
    public Func<ReadOnlyMemory<byte>, bool> IsOffered { get; init; } = static _ => true;

    /// <summary>The request must be the first thing on its connection, or the last question before was the request itself.</summary>
    public bool ComesFirst { get; init; }

    /// <summary>All that may be sent in clear.</summary>
    public IReadOnlyList<ServiceProbe> Probes => Offer is null ? [Request] : [Offer.Question, Request];
}

/// <summary>A question whose answer says whether a server offers TLS.</summary>
/// <param name="Question">The question.</param>
/// <param name="IsWhole">Whether its answer is whole.</param>
/// <param name="IsMade">Whether a whole answer offers TLS.</param>
public sealed record TlsOffer(ServiceProbe Question, Func<ReadOnlyMemory<byte>, bool> IsWhole, Func<ReadOnlyMemory<byte>, bool> IsMade);
