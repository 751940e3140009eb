using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>Waits for what a server says of its own accord. Nothing is sent.</summary>
internal static class GreetingSteps
{
    private const string WithoutAWord =
        "the port accepts and closes connections: a limit, an access list, or a proxy without a backend";

    /// <summary>How long the rest of a greeting may take once its first bytes are there.</summary>
    private static readonly TimeSpan PatienceForTheRest = TimeSpan.FromMilliseconds(200);

    /// <summary>Adds the step.</summary>
    public static async Task RunAsync(HopContext hop, Stream stream, CancellationToken cancellationToken)
    {
        var at = hop.Clock.Now;
        var form = hop.Target.Service?.Greeting;
        // A server that must speak first may look up the client's name before it does.
        var wait = form is not null || hop.Options.Timeout < hop.Options.GreetingWait ? hop.Options.Timeout : hop.Options.GreetingWait;
        var reader = new GreetingReader(hop, stream, form);
        var ending = await reader.ReadAsync(wait, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var time = hop.Clock.Since(at);
        var (result, summary, meaning) = reader.Alert is { } alert ? DescribeAlert(hop, alert)
            : form is null ? Describe(reader.Bytes.Length, ending, wait)
            : await DescribeAsync(hop, stream, form, reader.Bytes, ending, wait, cancellationToken);
        var isForeign = form?.Judge(reader.Bytes) == GreetingKind.Foreign;
        hop.Add(new GreetingStep(reader.Bytes, ending)
        {
            Time = time,
            Result = result,
            Summary = summary,
            Meaning = meaning,
            Identified = result == StepResult.Failed && !isForeign
                ? null
                : PassiveIdentifier.Read(
                    reader.Bytes.Span, isForeign ? null : hop.Target.Service?.Protocol, hop.Find<TlsStep>() is null ? null : "ssl"),
        });
    }

    private static (StepResult Result, string Summary, string? Meaning) Describe(int length, GreetingEnding ending, TimeSpan wait) =>
        (length, ending) switch
        {
            (not 0, GreetingEnding.Reset) =>
                (StepResult.Warning, $"{Bytes(length)}, then a reset", "the server closed the connection"),
            (not 0, GreetingEnding.Closed) => (StepResult.Ok, $"{Bytes(length)}, then the server closed the connection", null),
            (not 0, _) => (StepResult.Ok, Bytes(length), null),
            (_, GreetingEnding.Closed) => (StepResult.Warning, "closed by the server without data", WithoutAWord),
            (_, GreetingEnding.Reset) => (StepResult.Warning, "reset by the server without data", WithoutAWord),
            _ => (StepResult.Ok, $"none in {ConnectWords.Seconds(wait)}: many servers wait for the client to speak", null),
        };

    /// <summary>A protocol whose servers speak first: its greeting must come.</summary>
    private static async Task<(StepResult Result, string Summary, string? Meaning)> DescribeAsync(
        HopContext hop, Stream stream, GreetingForm form, ReadOnlyMemory<byte> bytes, GreetingEnding ending, TimeSpan wait,
        CancellationToken cancellationToken)
    {
        var service = hop.Target.Service!;
        switch (form.Judge(bytes))
        {
            case GreetingKind.Ready:
                return await ConfirmAsync(hop, service, stream, bytes, cancellationToken);
            case GreetingKind.Refusal:
                // MySQL's words stand in a packet.
                var packet = bytes.Span.Contains((byte)0) ? PassiveIdentifier.Read(bytes.Span, service.Protocol) : null;
                var said = packet?.Info ?? TlsFailure.Quote(bytes.Span);
                return (StepResult.Failed, $"{service.Label}, and the server refuses to serve: {said}",
                    "the server is up, but has no capacity or no permission for this client");
            case GreetingKind.Foreign:
                var other = PassiveIdentifier.Read(bytes.Span);
                return (StepResult.Failed, ServiceSteps.Sentence(service, other, bytes.Span),
                    other is null ? $"a {service.Label} greeting starts with {form.Expected}"
                        : ServiceSteps.MeaningOf(hop.Target, other));
            case GreetingKind.Incomplete when bytes.Length > 0:
                return (StepResult.Failed, $"the {service.Label} greeting stopped after {Bytes(bytes.Length)}",
                    "the server started to send and then stopped");
        }

        if (ending != GreetingEnding.Silent)
        {
            return (StepResult.Failed, $"{(ending == GreetingEnding.Reset ? "reset" : "closed")} by the server without data",
                WithoutAWord);
        }

        var summary = $"no greeting in {ConnectWords.Seconds(wait)}, but a {service.Label} server speaks first";
        // Servers that serve one client at a time are free for the next look.
        await stream.DisposeAsync();
        return ServiceSchemes.WithTls(service) is { } secure && await TlsDiagnosis.FindsTlsAsync(hop, cancellationToken)
            ? (StepResult.Failed, summary, $"this port speaks TLS: write {hop.Target.WithScheme(secure.Name)}")
            : (StepResult.Failed, summary,
                await ServiceSteps.WhatIsThereAsync(hop, cancellationToken) ?? "the server hangs, or this port speaks another protocol");
    }

    /// <summary>
    /// Servers of several protocols begin alike (<c>220 ready</c>): where the greeting is not enough, the next question of the protocol is
    /// put. Its time is not the greeting's.
    /// </summary>
    private static async Task<(StepResult Result, string Summary, string? Meaning)> ConfirmAsync(
        HopContext hop, ServiceScheme service, Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var known = PassiveIdentifier.Read(bytes.Span);
        if (known is null && PassiveIdentifier.Read(bytes.Span, service.Protocol) is not null)
        {
            var answer = await ServiceSteps.AskAsync(hop, new PrefixedStream(bytes, stream), cancellationToken);
            known = answer.Service;
            if (known is null)
            {
                return (StepResult.Failed, ServiceSteps.Sentence(service, null, bytes.Span),
                    $"other protocols have the same greeting, and the next question had no {service.Label} answer");
            }
        }

        return known is null || known.Protocol == service.Protocol
            ? (StepResult.Ok, $"{service.Label}, {Bytes(bytes.Length)}", null)
            : (StepResult.Failed, ServiceSteps.Sentence(service, known, bytes.Span), ServiceSteps.MeaningOf(hop.Target, known));
    }

    /// <summary>A TLS 1.3 server judges the client's certificate after the client's handshake is done (RFC 8446 section 4.4.2.4).</summary>
    private static (StepResult Result, string Summary, string? Meaning) DescribeAlert(HopContext hop, string alert) =>
        hop.Find<TlsStep>() is { WantsClientCertificate: true }
        ? (StepResult.Failed, $"the server requires a client certificate: alert {alert}", TlsFailure.ClientCertificateMeaning)
        : (StepResult.Failed, $"the server ended TLS: alert {alert}", null);

    private static string Bytes(int length) => length == 1 ? "1 byte" : $"{length} bytes";

    /// <summary>Reads until a greeting is complete.</summary>
    private sealed class GreetingReader(HopContext hop, Stream stream, GreetingForm? form)
    {
        private readonly byte[] _buffer = new byte[GreetingStep.MostBytes];
        private int _length;

        /// <summary>What came.</summary>
        public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

        /// <summary>The TLS alert that ended the connection, or <c>null</c>.</summary>
        public string? Alert { get; private set; }

        private bool IsComplete => form is null ? Bytes.Span.EndsWith("\n"u8) : form.Judge(Bytes) != GreetingKind.Incomplete;

        public async Task<GreetingEnding> ReadAsync(TimeSpan wait, CancellationToken cancellationToken)
        {
            using var limit = hop.Limit(wait, cancellationToken);
            StepLimit? rest = null;
            try
            {
                while (_length < _buffer.Length)
                {
                    var read = await stream.ReadAsync(_buffer.AsMemory(_length), rest?.Token ?? limit.Token);
                    if (read == 0)
                    {
                        return GreetingEnding.Closed;
                    }

                    _length += read;
                    if (IsComplete)
                    {
                        break;
                    }

                    // One limit for all that follows, so that a server that trickles does not keep us. A protocol that is known may take
                    // its time.
                    rest ??= form is null ? hop.Limit(PatienceForTheRest, limit.Token) : null;
                }

                return GreetingEnding.Complete;
            }
            catch (OperationCanceledException)
            {
                return _length > 0 ? GreetingEnding.Paused : GreetingEnding.Silent;
            }
            catch (IOException exception)
            {
                // A reset, or beneath TLS an alert or a connection that ended without one.
                Alert = TlsFailure.AlertOf(exception);
                return GreetingEnding.Reset;
            }
            finally
            {
                rest?.Dispose();
            }
        }
    }
}
