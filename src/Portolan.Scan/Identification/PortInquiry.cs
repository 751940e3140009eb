namespace Portolan.Scan.Identification;

/// <summary>The questions to one TCP port, connection after connection, until it is known or its budget is spent.</summary>
internal sealed class PortInquiry(ServiceTarget target, ProbePlan plan, IdentifySettings settings, PortBudget budget, bool hasTls)
{
    private readonly ReplyJudge _judge = new(plan, settings);
    private ReadOnlyMemory<byte> _heard;
    private string? _askedWith;
    private ReadOnlyMemory<byte>? _greeting;
    private bool _wantsTls;
    private bool _wasReached;
    private bool _isTls;

    /// <summary>Asks.</summary>
    public async Task<ServiceAnswer> RunAsync() => await AskAsync() with { Greeting = _greeting };

    private async Task<ServiceAnswer> AskAsync()
    {
        if (!settings.MayAsk(target.Port) || (target.IsOfPrinter && !settings.AllPorts && !plan.IsUsual))
        {
            return await ListenAsync();
        }

        var triesTls = hasTls && plan.TriesTls;
        var first = triesTls && plan.BeginsWithTls ? await AskSecureAsync() : null;
        if (first is not null && _isTls)
        {
            return first;
        }

        // After a handshake the port speaks TLS and nothing else.
        if (!_isTls && budget.MayConnect && await AskPlainAsync(mayTurnToTls: triesTls && !plan.BeginsWithTls) is { } service)
        {
            return service;
        }

        // A refusal of the handshake in another protocol tells less than that protocol's own answers.
        return first ?? Describe();
    }

    private async Task<ServiceAnswer?> AskPlainAsync(bool mayTurnToTls)
    {
        for (var next = 0; budget.MayConnect;)
        {
            var isFirst = next == 0;
            await using (var conversation = await budget.OpenAsync(target, secure: false))
            {
                if (conversation is null)
                {
                    return null;
                }

                _wasReached = true;
                if (isFirst && await HearAsync(conversation) is { } greeting)
                {
                    return greeting;
                }

                if (!_wantsTls && !conversation.IsEnded && next < plan.Plain.Count && await PutAsync(conversation, plan.Plain[next]) is { } reply)
                {
                    return reply;
                }
            }

            next++;
            if (mayTurnToTls && (_wantsTls || isFirst))
            {
                if (await AskSecureAsync() is { } inside)
                {
                    return inside;
                }

                if (_isTls)
                {
                    return null;
                }
            }

            // Whoever speaks first and is not known then is hardly a protocol whose client begins.
            if (next >= plan.Plain.Count || (_heard.Length > 0 && _askedWith is null))
            {
                return null;
            }
        }

        return null;
    }

    private async Task<ServiceAnswer?> AskSecureAsync()
    {
        for (var next = 0; next < Math.Max(1, plan.Secure.Count) && budget.MayConnect; next++)
        {
            await using var conversation = await budget.OpenAsync(target, secure: true);
            if (conversation is null)
            {
                if (TlsHello.IsRecord(budget.SaidToHello.Span))
                {
                    _isTls = true;
                    return Identified(new IdentifiedService("ssl") { Info = "TLS, and the handshake fails" });
                }

                // What it says to a hello may tell what it is.
                return next == 0 && _judge.Read(budget.SaidToHello, TlsHello.Probe) is { } service ? Identified(service) : null;
            }

            (_wasReached, _isTls) = (true, true);
            if (next == 0 && await HearAsync(conversation) is { } greeting)
            {
                return greeting;
            }

            if (!conversation.IsEnded && next < plan.Secure.Count && await PutAsync(conversation, plan.Secure[next]) is { } reply)
            {
                return reply;
            }

            if (_heard.Length > 0 && _askedWith is null)
            {
                break;
            }
        }

        return _isTls ? Identified(new IdentifiedService("ssl")) with { Heard = _heard, AskedWith = _askedWith } : null;
    }

    private async Task<ServiceAnswer?> HearAsync(Conversation conversation)
    {
        await _judge.ListenAsync(conversation, plan.GreetingWait);
        Greeted(conversation);
        if (conversation.Reply.IsEmpty)
        {
            return conversation.IsEnded && !budget.IsOver
                ? new ServiceAnswer(ServiceOutcome.Wrapped, new IdentifiedService("tcpwrapped") { Tunnel = conversation.Tunnel, Confidence = 8 }) { Attempts = budget.Connections }
                : null;
        }

        return await ConsiderAsync(conversation);
    }

    private async Task<ServiceAnswer?> PutAsync(Conversation conversation, ServiceProbe probe)
    {
        await conversation.SendAsync(probe);
        await _judge.ListenAsync(conversation, settings.ReplyWait);
        return conversation.Reply.IsEmpty ? null : await ConsiderAsync(conversation);
    }

    private async Task<ServiceAnswer?> ConsiderAsync(Conversation conversation)
    {
        var (heard, asked) = (conversation.Reply, conversation.Asked);
        if (_judge.WantsTls(conversation))
        {
            _wantsTls = true;
            return null;
        }

        if (await _judge.ConsiderAsync(conversation) is { } service)
        {
            return Identified(service with { Tunnel = conversation.Tunnel });
        }

        if (_heard.IsEmpty)
        {
            _heard = heard[..Math.Min(heard.Length, ServiceAnswer.MaxHeardLength)].ToArray();
            _askedWith = asked?.Name;
        }

        return null;
    }

    // Printers print what comes: nothing is sent, and what they say is read.
    private async Task<ServiceAnswer> ListenAsync()
    {
        await using var conversation = await budget.OpenAsync(target, secure: false);
        if (conversation is null)
        {
            return Describe();
        }

        _wasReached = true;
        await _judge.ListenAsync(conversation, settings.ShortGreetingWait);
        Greeted(conversation);
        return _judge.Certain(conversation) is { } service
            ? Identified(service)
            : new ServiceAnswer(ServiceOutcome.NotAsked, null) { Heard = conversation.Reply[..Math.Min(conversation.Reply.Length, ServiceAnswer.MaxHeardLength)], Attempts = 1 };
    }

    // The first that was listened to, outside TLS.
    private void Greeted(Conversation conversation) =>
        _greeting ??= conversation.Tunnel is null ? conversation.Reply[..Math.Min(conversation.Reply.Length, ServiceAnswer.MaxGreetingLength)].ToArray() : null;

    private ServiceAnswer Identified(IdentifiedService service) => new(ServiceOutcome.Identified, service) { Attempts = budget.Connections };

    private ServiceAnswer Describe() => new(_heard.Length > 0 ? ServiceOutcome.Unknown : _wasReached ? ServiceOutcome.Silent : ServiceOutcome.Unreachable, null)
    {
        Heard = _heard,
        AskedWith = _askedWith,
        Attempts = budget.Connections,
    };
}
