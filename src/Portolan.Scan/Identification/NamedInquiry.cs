using Portolan.Scan.Checking;

namespace Portolan.Scan.Identification;

/// <summary>
/// Puts the question of one protocol to one port, and says who answers: that protocol, another one, or nobody. No login is attempted.
/// </summary>
/// <param name="target">The port.</param>
/// <param name="name">The protocol's name in the catalog.</param>
/// <param name="settings">How far the question goes.</param>
internal sealed class NamedInquiry(ServiceTarget target, string name, IdentifySettings settings)
{
    private readonly ReaderFaults _faults = new();
    private readonly ProbePlan _plan = ProbePlan.ForNamed(name, ServiceCatalog.Of(target.Protocol), settings);

    /// <summary>What is asked first; <c>null</c> where the server speaks first.</summary>
    public ServiceProbe? Question => _plan.Plain.Count == 0 ? null : _plan.Plain[0];

    /// <summary>What is asked, one after the other, over UDP.</summary>
    public IReadOnlyList<ServiceProbe> Questions => _plan.Plain;

    /// <summary>Asks a TCP port, on the first connection that the sockets give, and on few more.</summary>
    public async Task<NamedAnswer> AskAsync(ICheckSockets sockets, TimeProvider clock, CancellationToken cancellation)
    {
        using var budget = BudgetOf(sockets, clock, cancellation);
        var judge = new ReplyJudge(_plan, settings, _faults);
        await using var conversation = await budget.OpenAsync(target, secure: false);
        if (conversation is null)
        {
            return new NamedAnswer(ServiceReaction.Silent);
        }

        if (Question is { } question)
        {
            await conversation.SendAsync(question);
        }

        await judge.ListenAsync(conversation, settings.ReplyWait);

        // Further questions overwrite what is there now.
        var heard = conversation.Reply[..Math.Min(conversation.Reply.Length, ServiceAnswer.MaxHeardLength)].ToArray();
        var (isEnded, wasReset) = (conversation.IsEnded, conversation.WasReset);
        if (heard.Length > 0 && judge.WantsTls(conversation))
        {
            return new NamedAnswer(ServiceReaction.Tls) { Heard = heard };
        }

        if (heard.Length > 0 && await judge.ConsiderAsync(conversation) is var (reader, service))
        {
            return Of(reader, service) with { Heard = heard };
        }

        if (heard.Length == 0 && Question is { } opening && _plan.KnownBySilence(opening) is { } silent
            && await _faults.AskAsync(silent, () => silent.AskSilentAsync(conversation), null) is { } late)
        {
            return Of(silent, late);
        }

        return new NamedAnswer(
            heard.Length > 0 ? ServiceReaction.Unknown
            : !isEnded ? ServiceReaction.Silent
            : wasReset ? ServiceReaction.Reset
            : ServiceReaction.Closed)
        { Heard = heard };
    }

    /// <summary>Who says a datagram; nothing more is asked.</summary>
    public NamedAnswer Read(ReadOnlyMemory<byte> reply, ServiceProbe asked)
    {
        var said = new ServiceReply(reply.Span, asked, isEnded: true);
        foreach (var reader in _plan.Readers)
        {
            if (_faults.Read(reader, said) is { Match: ReplyMatch.Certain, Service: { } service })
            {
                return Of(reader, service) with { Reader = reader };
            }
        }

        return new NamedAnswer(ServiceReaction.Unknown) { Heard = reply[..Math.Min(reply.Length, ServiceAnswer.MaxHeardLength)] };
    }

    /// <summary>Asks further by datagrams, after an answer of the protocol.</summary>
    public async Task<IdentifiedService?> AskFurtherAsync(
        NamedAnswer answer, ReadOnlyMemory<byte> reply, ICheckSockets sockets, TimeProvider clock, CancellationToken cancellation)
    {
        if (answer is not { Reader: { } reader, Service: { } known })
        {
            return answer.Service;
        }

        using var budget = BudgetOf(sockets, clock, cancellation);
        var exchange = new DatagramExchange(target, sockets, settings, budget);
        return await _faults.AskAsync(reader, async () => await reader.AskByDatagramAsync(exchange, known, reply), known) ?? known;
    }

    private PortBudget BudgetOf(ICheckSockets sockets, TimeProvider clock, CancellationToken cancellation) => new(
        sockets, clock, settings with { MaxConnections = _plan.MaxConnections },
        new LocalSendFailure(clock, settings.RetryWait), tell: null,
        cancellation);

    private NamedAnswer Of(ServiceProtocol reader, IdentifiedService service) =>
        new(reader.Name == name ? ServiceReaction.Answered : ServiceReaction.Other) { Service = service };
}

/// <summary>The result of one protocol's question.</summary>
/// <param name="Reaction">Who answered.</param>
internal sealed record NamedAnswer(ServiceReaction Reaction)
{
    /// <summary>What answered, of whatever protocol; <c>null</c> where unknown.</summary>
    public IdentifiedService? Service { get; init; }

    /// <summary>The first bytes that came.</summary>
    public ReadOnlyMemory<byte> Heard { get; init; }

    /// <summary>What was asked first; <c>null</c> where the server speaks first.</summary>
    public string? Question { get; init; }

    /// <summary>The protocol whose answer it is, for further questions by datagrams.</summary>
    public ServiceProtocol? Reader { get; init; }
}
