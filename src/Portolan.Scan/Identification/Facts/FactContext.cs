using Portolan.Scan.Checking;
using Portolan.Scan.Identification.Facts.Http;
using Portolan.Scan.Identification.Facts.Tls;

namespace Portolan.Scan.Identification.Facts;

/// <summary>A port that is asked for one fact, and the ways to it. Bounded by the fact's limits of time and connections.</summary>
public sealed class FactContext
{
    private readonly ICheckSockets _sockets;
    private readonly IdentifySettings _settings;
    private readonly PortBudget _budget;
    private readonly DateTimeOffset _now;

    internal FactContext(
        ServiceTarget target, IdentifiedService service, ServiceAnswer answer, ICheckSockets sockets, TimeProvider clock,
        IdentifySettings settings, PortBudget budget, HttpPages pages)
    {
        (Target, Service, Greeting, Certificate, Pages) = (target, service, answer.Greeting ?? default, answer.Certificate, pages);
        (_sockets, _settings, _budget) = (sockets, settings, budget);
        _now = clock.GetUtcNow();
    }

    /// <summary>The port.</summary>
    public ServiceTarget Target { get; }

    /// <summary>The service that was identified on the port.</summary>
    public IdentifiedService Service { get; }

    /// <summary>What it said unasked when it was identified; empty for nothing.</summary>
    public ReadOnlyMemory<byte> Greeting { get; }

    /// <summary>The certificate that was seen when it was identified, as DER; empty for none.</summary>
    public ReadOnlyMemory<byte> Certificate { get; }

    /// <summary>The time of the question.</summary>
    public DateTimeOffset Now => _now;

    /// <summary>Whether the fact has time left.</summary>
    public bool IsOver => _budget.IsOver;

    /// <summary>Pages of a web server that were fetched already.</summary>
    internal HttpPages Pages { get; }

    /// <summary>
    /// Opens a connection as the service was found: inside TLS, or not; <c>null</c> where none is left, or none came about.
    /// </summary>
    public Task<Conversation?> OpenAsync() => _budget.OpenAsync(Target, Service.Tunnel is not null);

    /// <summary>Opens a connection outside TLS.</summary>
    internal Task<Conversation?> OpenPlainAsync() => _budget.OpenAsync(Target, secure: false);

    /// <summary>
    /// Opens a connection on which the server expects a TLS handshake now: at once where the port speaks TLS, else after STARTTLS and its
    /// like.
    /// </summary>
    /// <returns>The connection, still in clear; <c>null</c> where the server does not offer TLS.</returns>
    internal async Task<Conversation?> OpenForTlsAsync()
    {
        var conversation = await _budget.OpenAsync(Target, secure: false);
        if (conversation is null || TlsFact.IsInsideTls(Service))
        {
            return conversation;
        }

        if (TlsFact.SpeakerOf(Service) is { Upgrade: { } upgrade } protocol)
        {
            await PrepareAsync(conversation, protocol);
            if (await conversation.MayBeginTlsAsync(upgrade))
            {
                return conversation;
            }
        }

        await conversation.DisposeAsync();
        return null;
    }

    /// <summary>Makes a TLS handshake by the platform's library, and ends the connection.</summary>
    /// <param name="protocols">The application protocols that are offered; <c>null</c> for no offer.</param>
    /// <returns>What it told; <c>null</c> where it failed, or the server does not offer TLS.</returns>
    internal async Task<TlsLayer?> HandshakeAsync(IReadOnlyList<string>? protocols)
    {
        var isInside = TlsFact.IsInsideTls(Service);
        if (await _budget.OpenAsync(Target, secure: isInside, protocols: protocols) is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            if (isInside || TlsFact.SpeakerOf(Service) is not { Upgrade: { } upgrade } protocol)
            {
                return conversation.Tls;
            }

            await PrepareAsync(conversation, protocol);
            if (await conversation.UpgradeAsync(upgrade, protocols) is not { } secure)
            {
                return null;
            }

            await using (secure)
            {
                return secure.Tls;
            }
        }
    }

    // What the server says before it takes a request for TLS: its greeting, or its answer to the opening.
    private static Task<ReadOnlyMemory<byte>> PrepareAsync(Conversation conversation, ServiceProtocol protocol)
    {
        bool IsWhole(ReadOnlyMemory<byte> said) =>
            protocol.Read(new ServiceReply(said.Span, protocol.Opening, isEnded: false)).Match >= ReplyMatch.Likely;
        return protocol.Opening is not { } opening ? conversation.HearAsync(IsWhole)
            : protocol.Upgrade!.ComesFirst ? Task.FromResult(conversation.Reply)
            : conversation.AskAsync(opening, IsWhole);
    }

    /// <summary>Asks on a connection of its own.</summary>
    /// <param name="probe">The question.</param>
    /// <param name="isWhole">Whether the reply is whole.</param>
    /// <returns>The reply; empty where none came.</returns>
    internal async Task<ReadOnlyMemory<byte>> AskOnceAsync(ServiceProbe probe, Func<ReadOnlyMemory<byte>, bool> isWhole)
    {
        if (await OpenAsync() is not { } conversation)
        {
            return default;
        }

        await using (conversation)
        {
            return (await conversation.AskAsync(probe, isWhole)).ToArray();
        }
    }

    /// <summary>Asks by datagram: with a probe of UDP on a UDP port, where it is sent a second time without an answer.</summary>
    internal async Task<ReadOnlyMemory<byte>> AskByDatagramAsync(ServiceProbe probe) =>
        await new DatagramExchange(Target, _sockets, _settings, _budget).AskAsync(probe);
}
