namespace Portolan.Scan.Identification;

/// <summary>
/// The questions to one TCP port, until it is known or its budget is spent: connection after connection, and beside a connection that still
/// waits for a greeting.
/// </summary>
internal sealed class PortInquiry(
    ServiceTarget target, ProbePlan plan, IdentifySettings settings, PortBudget budget, ReaderFaults faults, bool hasTls)
{
    private readonly ReplyJudge _judge = new(plan, settings, faults);
    private readonly Lock _gate = new();
    private ReadOnlyMemory<byte> _heard;
    private string? _askedWith;
    private ReadOnlyMemory<byte>? _greeting;
    private ReadOnlyMemory<byte> _certificate;
    private bool _wantsClientCertificate;
    private QuestionOrder _questions = new(plan);
    private ServiceAnswer? _refusal;
    private volatile bool _wantsTls;
    private volatile bool _wasReached;
    private volatile bool _isTls;
    private bool _isGreetingRead;

    /// <summary>Asks.</summary>
    public async Task<ServiceAnswer> RunAsync() => await AskAsync() with { Greeting = _greeting, Certificate = _certificate };

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
        return first ?? _refusal ?? Describe();
    }

    private async Task<ServiceAnswer?> AskPlainAsync(bool mayTurnToTls)
    {
        await using (var first = await budget.OpenAsync(target, secure: false))
        {
            if (first is null)
            {
                return null;
            }

            _wasReached = true;
            var asksMeanwhile = plan.AsksWhileItListens && plan.GreetingWait > settings.ShortGreetingWait;
            await _judge.ListenAsync(first, asksMeanwhile ? settings.ShortGreetingWait : plan.GreetingWait);
            if (asksMeanwhile && first.Reply.IsEmpty && !first.IsEnded)
            {
                if (await AskMeanwhileAsync(first, mayTurnToTls) is { } meanwhile)
                {
                    return meanwhile;
                }

                if (_isTls)
                {
                    return null;
                }
            }

            if (!_isGreetingRead && await GreetedAsync(first) is { } greeting)
            {
                return greeting;
            }

            if (!_wantsTls && !first.IsEnded && _questions.TryNext(out var probe) && await PutAsync(first, probe) is { } reply)
            {
                return reply;
            }
        }

        _questions.IsFirstOver = true;
        return await AskFurtherAsync(mayTurnToTls);
    }

    // The server should speak first, and does not yet: others that wait for their client are asked while it may still do so.
    private async Task<ServiceAnswer?> AskMeanwhileAsync(Conversation first, bool mayTurnToTls)
    {
        var hearing = _judge.ListenAsync(first, plan.GreetingWait - settings.ShortGreetingWait);
        var asking = AskFurtherAsync(mayTurnToTls, until: hearing);
        if (await Task.WhenAny(hearing, asking) == hearing && !first.Reply.IsEmpty)
        {
            _isGreetingRead = true;
            KeepGreeting(first);
            if (await ConsiderAsync(first) is { } greeting)
            {
                budget.End();
                await asking;
                return greeting;
            }
        }

        var answer = await asking;
        if (answer is not null)
        {
            budget.End();
        }

        await hearing;
        if (answer is not null)
        {
            KeepGreeting(first);
            return answer;
        }

        // A server that serves one client at a time has had no ear for what was asked beside the first connection.
        if (!_questions.WasAnyAnswered && first.Reply.IsEmpty)
        {
            _questions = new QuestionOrder(plan);
        }

        return null;
    }

    private async Task<ServiceAnswer?> AskFurtherAsync(bool mayTurnToTls, Task? until = null)
    {
        while (budget.MayConnect && until is not { IsCompleted: true })
        {
            if (mayTurnToTls && (_wantsTls || _questions.IsFirstOver))
            {
                if (await AskSecureAsync() is { } inside)
                {
                    if (_isTls)
                    {
                        return inside;
                    }

                    _refusal = inside;
                }

                if (_isTls)
                {
                    return null;
                }

                mayTurnToTls = false;
                continue;
            }

            // A service that speaks first and is still unknown is hardly a protocol whose client begins.
            if (_wantsTls || (HasHeard(out var asked) && asked is null) || !_questions.TryNext(out var probe))
            {
                return null;
            }

            await using var conversation = await budget.OpenAsync(target, secure: false);
            if (conversation is null)
            {
                return null;
            }

            if (await PutAsync(conversation, probe) is { } reply)
            {
                return reply;
            }
        }

        return null;
    }

    private async Task<ServiceAnswer?> AskSecureAsync()
    {
        var isFirst = true;
        for (var next = 0; next < Math.Max(1, plan.Secure.Count) && budget.MayConnect; isFirst = false)
        {
            await using var conversation = await budget.OpenAsync(target, secure: true);
            if (conversation is null)
            {
                if (TlsHello.IsRecord(budget.SaidToHello.Span))
                {
                    _isTls = true;
                    _certificate = budget.SeenCertificate;
                    return Identified(new IdentifiedService("ssl") { Info = WhyHandshakeFails() });
                }

                // What it says to a hello may tell what it is.
                return isFirst && _judge.Read(budget.SaidToHello, TlsHello.Probe) is { } service ? Identified(service) : null;
            }

            (_wasReached, _isTls) = (true, true);
            _certificate = conversation.Tls!.Certificate;
            _wantsClientCertificate = conversation.Tls.WantsClientCertificate;
            if (isFirst)
            {
                await _judge.ListenAsync(conversation, plan.GreetingWait);
                if (await GreetedAsync(conversation) is { } greeting)
                {
                    return greeting;
                }
            }

            // The server closed an idle connection: the same question is sent on the next one.
            var wasIdle = isFirst && conversation.IsEnded && conversation.Reply.IsEmpty;
            if (!conversation.IsEnded && next < plan.Secure.Count && await PutAsync(conversation, plan.Secure[next]) is { } reply)
            {
                return reply;
            }

            if (HasHeard(out var asked) && asked is null)
            {
                break;
            }

            next += wasIdle ? 0 : 1;
        }

        return _isTls ? Identified(Unnamed()) with { Heard = _heard, AskedWith = _askedWith } : null;
    }

    // TLS, and what is inside is not known.
    private IdentifiedService Unnamed() =>
        new("ssl") { Info = _wantsClientCertificate && _heard.IsEmpty ? "client certificate required" : null };

    private string WhyHandshakeFails() => "TLS, and the handshake fails" + (
        !budget.SeenCertificate.IsEmpty ? ": client certificate required"
        : TlsHello.AlertIn(budget.SaidToHello.Span) is { } alert ? $": alert {alert}" : "");

    // What came unasked, or that it closed at once.
    private async Task<ServiceAnswer?> GreetedAsync(Conversation conversation)
    {
        KeepGreeting(conversation);
        if (conversation.Reply.IsEmpty)
        {
            var isRefused = conversation.IsEnded && conversation.Age <= settings.AtOnce && !budget.IsOver && !HasHeard(out _);
            return isRefused && _wantsClientCertificate ? Identified(Unnamed())
                : isRefused
                ? new ServiceAnswer(
                    ServiceOutcome.Wrapped,
                    new IdentifiedService("tcpwrapped") { Tunnel = conversation.Tunnel, Confidence = 8 })
                { Attempts = budget.Connections }
                : null;
        }

        return await ConsiderAsync(conversation);
    }

    private async Task<ServiceAnswer?> PutAsync(Conversation conversation, ServiceProbe probe)
    {
        await conversation.SendAsync(probe);
        await _judge.ListenAsync(conversation, settings.ReplyWait);
        if (conversation.Tunnel is null)
        {
            _questions.HasReacted(probe, conversation);
        }

        return !conversation.Reply.IsEmpty ? await ConsiderAsync(conversation)
            : plan.KnownBySilence(probe) is { } protocol
                && await faults.AskAsync(protocol, () => protocol.AskSilentAsync(conversation), null) is { } service
            ? Identified(service with { Tunnel = conversation.Tunnel })
            : null;
    }

    private async Task<ServiceAnswer?> ConsiderAsync(Conversation conversation)
    {
        // Further questions overwrite what is there now.
        var asked = conversation.Asked;
        var kept = settings.Fingerprints is null ? ServiceAnswer.MaxHeardLength : Conversation.MaxReplyLength;
        var heard = conversation.Reply[..Math.Min(conversation.Reply.Length, kept)].ToArray();
        if (_judge.WantsTls(conversation))
        {
            _wantsTls = true;
            return null;
        }

        if (await _judge.ConsiderAsync(conversation) is var (protocol, service))
        {
            var told = hasTls && protocol.Upgrade is { } upgrade && plan.MayAskFurther(protocol)
                ? await UpgradeAsync(conversation, upgrade, service)
                : service;
            return Identified((settings.Fingerprints?.Refine(told, heard) ?? told) with { Tunnel = conversation.Tunnel });
        }

        lock (_gate)
        {
            if (_heard.IsEmpty)
            {
                _heard = heard.AsMemory(0, Math.Min(heard.Length, ServiceAnswer.MaxHeardLength));
                _askedWith = asked?.Name;
            }
        }

        return null;
    }

    // What the port is stands already: the certificate's name is reported beside it, and the port's outer layer stays in clear.
    private async Task<IdentifiedService> UpgradeAsync(Conversation conversation, TlsUpgrade upgrade, IdentifiedService service)
    {
        await using var secure = await conversation.UpgradeAsync(upgrade);
        if (secure?.Tls is not { } tls)
        {
            return service;
        }

        _certificate = tls.Certificate;

        // That TLS is offered is said by what came of it.
        var words = tls.FirstName() is { } name ? $"STARTTLS, certificate of {name}" : "STARTTLS";
        var before = service.Info?.Split("; ").Where(static part => part is not ("STARTTLS offered" or "TLS offered")) ?? [];
        return service with { Info = string.Join("; ", before.Append(words)) };
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
        KeepGreeting(conversation);
        return _judge.Certain(conversation) is { } service
            ? Identified(settings.Fingerprints?.Refine(service, conversation.Reply.Span) ?? service)
            : new ServiceAnswer(ServiceOutcome.NotAsked, null)
            {
                Reason = UnaskedReason.Of(target, settings),
                Heard = conversation.Reply[..Math.Min(conversation.Reply.Length, ServiceAnswer.MaxHeardLength)],
                Attempts = 1,
            };
    }

    // The first that was listened to, outside TLS.
    private void KeepGreeting(Conversation conversation) =>
        _greeting ??= conversation.Tunnel is not null ? null
            : conversation.Asked is null
            ? conversation.Reply[..Math.Min(conversation.Reply.Length, ServiceAnswer.MaxGreetingLength)].ToArray()
            : ReadOnlyMemory<byte>.Empty;

    private bool HasHeard(out string? askedWith)
    {
        lock (_gate)
        {
            askedWith = _askedWith;
            return !_heard.IsEmpty;
        }
    }

    private ServiceAnswer Identified(IdentifiedService service) =>
        new(ServiceOutcome.Identified, service) { Attempts = budget.Connections };

    private ServiceAnswer Describe() => new(OutcomeUnknown(), null)
    {
        Heard = _heard,
        AskedWith = _askedWith,
        Attempts = budget.Connections,
        Reason = budget.NotSent,
    };

    private ServiceOutcome OutcomeUnknown() =>
        _heard.Length > 0 ? ServiceOutcome.Unknown
        : budget.NotSent is not null ? ServiceOutcome.NotSent
        : _wasReached ? ServiceOutcome.Silent
        : ServiceOutcome.Unreachable;
}

/// <summary>Why nothing is sent to a port (<see cref="ServiceOutcome.NotAsked"/>), in words for people.</summary>
internal static class UnaskedReason
{
    /// <summary>What is sent to the port itself would be printed.</summary>
    public const string PrinterPort = "printer port";

    /// <summary>The reason for a port.</summary>
    public static string Of(ServiceTarget target, IdentifySettings settings) =>
        target.Protocol == Model.TransportProtocol.Tcp && !settings.MayAsk(target.Port) ? PrinterPort
        : target.PrinterPort is { } sign && !settings.AllPorts ? $"host may be a printer: port {sign} is open"
        : "no question of this intensity fits the port";
}
