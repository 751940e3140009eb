namespace Portolan.Scan.Identification;

/// <summary>Puts a reply before the protocols, in their order, and reads on as long as one of them needs more.</summary>
internal sealed class ReplyJudge(ProbePlan plan, IdentifySettings settings, ReaderFaults faults)
{
    private readonly IReadOnlyList<ServiceProtocol> _readers = plan.Readers;

    // A peer that sends single bytes does not make every one of them cost a look by all protocols.
    private const int MaxLooks = 256;

    /// <summary>Reads until a protocol is certain, or nothing more is to be expected.</summary>
    /// <param name="conversation">The connection.</param>
    /// <param name="wait">The wait for the first byte.</param>
    public Task ListenAsync(Conversation conversation, TimeSpan wait)
    {
        var looks = 0;
        return conversation.ReadAsync(
            reply => reply.IsEmpty ? wait : ++looks > MaxLooks ? settings.Pause : More(reply, conversation.Asked, conversation.Question));
    }

    /// <summary>The reply says that the port wants TLS.</summary>
    public bool WantsTls(Conversation conversation)
    {
        if (conversation.Tunnel is not null)
        {
            return false;
        }

        var reply = new ServiceReply(conversation.Reply.Span, conversation.Asked, isEnded: true) { Question = conversation.Question.Span };
        if (TlsHello.IsRecord(reply.Bytes))
        {
            return true;
        }

        foreach (var reader in _readers)
        {
            if (faults.Read(reader, reply) is { Match: ReplyMatch.Certain, WantsTls: true })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the reply is for certain; nothing more is asked.</summary>
    public IdentifiedService? Certain(Conversation conversation) =>
        Certain(conversation.Reply.Span, conversation.Asked, conversation.Question.Span).Service;

    /// <summary>What bytes are that came on a connection that has ended.</summary>
    public IdentifiedService? Read(ReadOnlyMemory<byte> bytes, ServiceProbe asked) => Certain(bytes.Span, asked, default).Service;

    /// <summary>What the reply is, and whose; protocols may ask further. <c>null</c> where unknown.</summary>
    public async Task<(ServiceProtocol Protocol, IdentifiedService Service)?> ConsiderAsync(Conversation conversation)
    {
        var (protocol, service) = Certain(conversation.Reply.Span, conversation.Asked, conversation.Question.Span);
        if (protocol is not null && service is not null)
        {
            var told = plan.MayAskFurther(protocol)
                ? await faults.AskAsync(protocol, () => protocol.AskAsync(conversation, service, isCertain: true), service) ?? service
                : service;
            return (protocol, told);
        }

        foreach (var (likely, known) in Likely(conversation))
        {
            if (plan.MayAskFurther(likely)
                && await faults.AskAsync(likely, () => likely.AskAsync(conversation, known, isCertain: false), null) is { } confirmed)
            {
                return (likely, confirmed);
            }
        }

        return null;
    }

    private TimeSpan? More(ReadOnlyMemory<byte> bytes, ServiceProbe? asked, ReadOnlyMemory<byte> question)
    {
        var reply = new ServiceReply(bytes.Span, asked, isEnded: false) { Question = question.Span };
        var best = ReplyMatch.Foreign;
        foreach (var reader in _readers)
        {
            var match = faults.Read(reader, reply).Match;
            if (match == ReplyMatch.Certain)
            {
                return null;
            }

            best = match > best ? match : best;
        }

        return best == ReplyMatch.Incomplete ? settings.Patience : settings.Pause;
    }

    private (ServiceProtocol? Protocol, IdentifiedService? Service) Certain(
        ReadOnlySpan<byte> bytes, ServiceProbe? asked, ReadOnlySpan<byte> question)
    {
        var reply = new ServiceReply(bytes, asked, isEnded: true) { Question = question };
        foreach (var reader in _readers)
        {
            if (faults.Read(reader, reply) is { Match: ReplyMatch.Certain, WantsTls: false, Service: { } service })
            {
                return (reader, service);
            }
        }

        return (null, null);
    }

    private List<(ServiceProtocol Protocol, IdentifiedService Service)> Likely(Conversation conversation)
    {
        var reply = new ServiceReply(conversation.Reply.Span, conversation.Asked, isEnded: true) { Question = conversation.Question.Span };
        var likely = new List<(ServiceProtocol, IdentifiedService)>();
        foreach (var reader in _readers)
        {
            if (faults.Read(reader, reply) is { Match: ReplyMatch.Likely, Service: { } service })
            {
                likely.Add((reader, service));
            }
        }

        return likely;
    }
}
