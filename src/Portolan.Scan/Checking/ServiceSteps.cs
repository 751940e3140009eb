using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>Puts the first question of the protocol that a URL names, and says who answered.</summary>
internal static class ServiceSteps
{
    /// <summary>A protocol may make up its mind over so many connections.</summary>
    private const int MostConnections = 3;

    /// <summary>The longest wait for more of an answer that is unknown.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(400);

    /// <summary>Adds the step.</summary>
    /// <param name="hop">The connection's steps.</param>
    /// <param name="stream">The connection, in clear or inside TLS. Disposed of.</param>
    /// <param name="cancellationToken">The caller's end.</param>
    public static async Task RunAsync(HopContext hop, Stream stream, CancellationToken cancellationToken)
    {
        var at = hop.Clock.Now;
        var answer = await AskAsync(hop, stream, cancellationToken);
        var time = hop.Clock.Since(at);
        await stream.DisposeAsync();
        var (result, summary, meaning) = await DescribeAsync(hop, answer, cancellationToken);
        hop.Add(new ServiceStep(hop.Target.Service!, answer.Question, answer.Reaction, answer.Heard)
        {
            Time = time,
            Result = result,
            Summary = summary,
            Meaning = meaning,
            Identified = hop.Find<TlsStep>() is not null && answer.Service is { } known ? known with { Tunnel = "ssl" } : answer.Service,
        });
    }

    /// <summary>Puts the question of the target's protocol, on a connection that is there and on few more.</summary>
    public static async Task<NamedAnswer> AskAsync(HopContext hop, Stream stream, CancellationToken cancellationToken)
    {
        var target = TargetOf(hop, hop.Find<ConnectStep>()!.Winner!.Address, TransportProtocol.Tcp);
        var sockets = new HandedSockets(hop.Tools.Sockets, stream, hop.Find<TlsStep>() is null ? null : target);
        var inquiry = new NamedInquiry(target, hop.Target.Service!.Protocol, SettingsOf(hop));
        var answer = await inquiry.AskAsync(sockets, hop.Clock.Time, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return answer with { Question = inquiry.Question?.Name };
    }

    /// <summary>Whether the port answers the target's protocol without TLS. It is asked over a connection of its own.</summary>
    public static async Task<bool> FindsPlainAsync(HopContext hop, CancellationToken cancellationToken)
    {
        if (hop.Find<ConnectStep>()?.Winner is not { } winner || hop.Target.Service is not { } service)
        {
            return false;
        }

        var target = TargetOf(hop, winner.Address, TransportProtocol.Tcp);
        var settings = SettingsOf(hop);
        settings = settings with { PortLimit = Shorter(settings.PortLimit, TlsDiagnosis.Patience) };
        NamedAnswer? answer = null;
        await hop.Clock.StopForAsync(
            async () => answer = await new NamedInquiry(target, service.Protocol, settings).AskAsync(
                hop.Tools.Sockets, hop.Clock.Time, cancellationToken),
            cancellationToken);
        return answer?.Reaction == ServiceReaction.Answered;
    }

    /// <summary>How far the question goes: a step's time for the first byte of an answer, and half of it for the rest.</summary>
    public static IdentifySettings SettingsOf(HopContext hop) => new()
    {
        PortLimit = hop.Options.Timeout * 1.5,
        ConnectLimit = hop.Options.Timeout,
        ReplyWait = hop.Options.Timeout,
        Patience = hop.Options.Timeout / 2,
        Pause = Shorter(hop.Options.Timeout / 4, LongestPause),
        MaxConnections = MostConnections,
    };

    /// <summary>The port as identification knows it.</summary>
    public static ServiceTarget TargetOf(HopContext hop, InternetAddress address, TransportProtocol protocol) => new(
        new RemoteSocket(address, hop.Target.Scope, hop.Target.Port), protocol, hop.Target.Address is null ? hop.Target.Host : null)
    { RunNumber = hop.Tools.NextDnsId() };

    /// <summary>The server that answered: <c>Redis: Redis 7.0.15 (standalone)</c>.</summary>
    public static string Sentence(ServiceScheme service, IdentifiedService known) => With(service.Label, known);

    /// <summary>Another one: <c>expected Redis, HTTP answered: nginx 1.22.1</c>.</summary>
    public static string Sentence(ServiceScheme expected, IdentifiedService? other, ReadOnlySpan<byte> heard) => other is { } known
        ? With(
            $"expected {expected.Label}, {ServiceSchemes.LabelOf(known.Protocol)} answered",
            known.Product is null ? known : known with { Info = null })
        : $"expected {expected.Label}, but the server said {TlsFailure.Quote(heard)}";

    /// <summary>What to write for another protocol that answered; <c>null</c> where it has no scheme.</summary>
    public static string? MeaningOf(CheckTarget target, IdentifiedService other) =>
        ServiceSchemes.SchemeOf(other.Protocol) is { } scheme && target.Protocol == TransportProtocol.Tcp
            ? $"another server has this port, or the address is wrong: {target.WithScheme(scheme)} checks the actual server"
            : "another server has this port, or the address is wrong";

    /// <summary>What the port is in place of what was expected, by the questions of <c>scan -sV</c>; <c>null</c> where that is not
    /// asked, or not known. Its time is not a step's.</summary>
    public static async Task<string?> WhatIsThereAsync(HopContext hop, CancellationToken cancellationToken)
    {
        if (!hop.Options.Identify || hop.Find<TlsStep>() is not null || hop.Find<ConnectStep>()?.Winner is not { } winner)
        {
            return null;
        }

        IdentifyStep? step = null;
        await hop.Clock.StopForAsync(
            async () => step = await IdentifySteps.AskPlainAsync(hop, winner.Address, cancellationToken), cancellationToken);
        return step?.Identified is { Protocol: not "tcpwrapped" } other && other.Protocol != hop.Target.Service!.Protocol
            ? $"this port speaks {With(ServiceSchemes.LabelOf(other.Protocol), other)}"
            : null;
    }

    private static async Task<(StepResult Result, string Summary, string? Meaning)> DescribeAsync(
        HopContext hop, NamedAnswer answer, CancellationToken cancellationToken)
    {
        var (service, question) = (hop.Target.Service!, answer.Question);
        switch (answer.Reaction)
        {
            case ServiceReaction.Answered when service.Refusals.Any(
                refusal => answer.Service!.Info?.StartsWith(refusal, StringComparison.Ordinal) == true):
                return (StepResult.Failed, $"{service.Label}, and the server refuses to serve: {answer.Service!.Info}",
                    "the server is up, but not ready, or has no capacity or permission for this client");
            case ServiceReaction.Answered:
                return (StepResult.Ok, Sentence(service, answer.Service!), null);
            case ServiceReaction.Other:
                return (StepResult.Failed, Sentence(service, answer.Service, default), MeaningOf(hop.Target, answer.Service!));
            case ServiceReaction.Unknown:
                return (StepResult.Failed, Sentence(service, null, answer.Heard.Span),
                    NoAnswerTo(question));
        }

        // A server that speaks TLS waits for more, or closes, at what is none.
        if (hop.Find<TlsStep>() is null
            && (answer.Reaction == ServiceReaction.Tls || await TlsDiagnosis.FindsTlsAsync(hop, cancellationToken)))
        {
            var secure = ServiceSchemes.WithTls(service)?.Name ?? "tls";
            return (StepResult.Failed, $"expected {service.Label}, but this port speaks TLS", $"write {hop.Target.WithScheme(secure)}");
        }

        var came = (answer.Reaction, question) switch
        {
            (ServiceReaction.Silent, null) => $"no data in {ConnectWords.Seconds(hop.Options.Timeout)}",
            (ServiceReaction.Silent, _) => $"no answer to {question} in {ConnectWords.Seconds(hop.Options.Timeout)}",
            (ServiceReaction.Reset, null) => "the server reset the connection without data",
            (ServiceReaction.Reset, _) => $"the server reset the connection at {question}",
            (_, null) => "the server closed the connection without data",
            _ => $"the server closed the connection at {question}",
        };
        return (
            StepResult.Failed, $"expected {service.Label}, and {came}",
            await WhatIsThereAsync(hop, cancellationToken)
                ?? (answer.Reaction == ServiceReaction.Silent
                    ? "the connection works; the server hangs, or this port speaks another protocol"
                    : "this port speaks another protocol, or the server refuses this client"));
    }

    /// <summary>What bytes mean that is unknown.</summary>
    public static string NoAnswerTo(string? question) =>
        $"that is not an answer to {question ?? "a new client"}: this port speaks another protocol, or the server is broken";

    private static string With(string words, IdentifiedService known) => ServiceText.VersionOf(known) switch
    {
        null => words,
        ['(', ..] and var note => $"{words} {note}",
        var version => $"{words}: {version}",
    };

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
