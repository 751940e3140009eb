using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>Asks a port what it is, with the questions of <c>scan -sV</c>, beginning on the connection that the check has made.</summary>
internal static class IdentifySteps
{
    /// <summary>From the connection on, the wait for a greeting included: no check of a silent port takes longer.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(2);

    /// <summary>Adds the step after the greeting of a TCP port.</summary>
    public static async Task RunAsync(HopContext hop, Stream stream, CancellationToken cancellationToken)
    {
        // Who closes the connection without a word is described by that.
        if (hop.Find<GreetingStep>() is not { } greeting
            || (greeting.Bytes.IsEmpty && greeting.Ending is GreetingEnding.Closed or GreetingEnding.Reset)
            || hop.Find<ConnectStep>()?.Winner is not { } winner)
        {
            return;
        }

        var sockets = new HandedSockets(hop.Tools.Sockets, new PrefixedStream(greeting.Bytes, stream));
        if (await AskAsync(hop, winner.Address, TransportProtocol.Tcp, Most - greeting.Time.Elapsed, sockets,
            cancellationToken) is { } step)
        {
            hop.Add(step);
        }
    }

    /// <summary>Asks a UDP port. The step is not added.</summary>
    public static Task<IdentifyStep?> AskAsync(HopContext hop, InternetAddress address, CancellationToken cancellationToken) =>
        AskAsync(hop, address, TransportProtocol.Udp, Most, hop.Tools.Sockets, cancellationToken);

    /// <summary>Asks a TCP port over connections of its own. The step is not added.</summary>
    public static Task<IdentifyStep?> AskPlainAsync(HopContext hop, InternetAddress address, CancellationToken cancellationToken) =>
        AskAsync(hop, address, TransportProtocol.Tcp, Most, hop.Tools.Sockets, cancellationToken);

    private static async Task<IdentifyStep?> AskAsync(
        HopContext hop, InternetAddress address, TransportProtocol protocol, TimeSpan most, ICheckSockets sockets,
            CancellationToken cancellationToken)
    {
        var limit = hop.Options.Timeout < most ? hop.Options.Timeout : most;
        if (limit <= TimeSpan.Zero)
        {
            return null;
        }

        // The port was listened to already.
        var settings = new IdentifySettings
        {
            PortLimit = limit,
            ConnectLimit = limit / 2,
            ReplyWait = protocol == TransportProtocol.Udp ? limit / 2 : limit / 3,
            Patience = limit / 2,
            Pause = limit / 8,
            GreetingWait = TimeSpan.FromMilliseconds(1),
            BriefGreetingWait = TimeSpan.FromMilliseconds(1),
            ShortGreetingWait = TimeSpan.FromMilliseconds(1),
        };
        var at = hop.Clock.Now;
        var name = hop.Target.Address is null ? hop.Target.Host : null;
        var target = new ServiceTarget(new RemoteSocket(address, hop.Target.Scope, hop.Target.Port), protocol, name)
        {
            RunNumber = hop.Tools.NextDnsId(),
        };
        var identifier = new ServiceIdentifier(sockets, hop.Clock.Time, settings) { HasTls = hop.Tools.WhyNoTls() is null };
        var answer = await identifier.IdentifyAsync(target, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return new IdentifyStep(answer) { Time = hop.Clock.Since(at), Result = StepResult.Ok, Summary = SummaryOf(answer, limit) };
    }

    private static string SummaryOf(ServiceAnswer answer, TimeSpan limit) => answer switch
    {
        { Service: { } service } => ServiceText.SentenceOf(service),
        { Outcome: ServiceOutcome.Unknown } =>
            $"unknown: it says \"{BannerText.Of(answer.Heard.Span)}\"{(answer.AskedWith is { } question ? $" to {question}" : "")}",
        { Outcome: ServiceOutcome.NotAsked, Reason: UnaskedReason.PrinterPort } =>
            "not asked: printers print what they receive",
        { Outcome: ServiceOutcome.NotAsked } => $"not asked: {answer.Reason}",
        { Outcome: ServiceOutcome.NotSent } => $"not asked: {answer.Reason} (on this host)",
        { Outcome: ServiceOutcome.Unreachable } => "unknown: a second connection failed",
        _ => $"unknown: no answer to {answer.Attempts} {(answer.Attempts == 1 ? "question" : "questions")} in "
            + $"{ConnectWords.Seconds(limit)}",
    };
}
