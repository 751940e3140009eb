using System.Globalization;

namespace Portolan.Scan.Checking;

/// <summary>Says in plain words what became of a request.</summary>
internal static class HttpWords
{
    /// <summary>As much of the <c>Server</c> field as is shown in a line. Characters.</summary>
    private const int MostServer = 60;

    /// <summary>The step of an answer; its time is the caller's to set.</summary>
    /// <param name="hop">The connection's steps.</param>
    /// <param name="url">What was asked for.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="wantsTls">The port speaks TLS, and the request came without.</param>
    public static HttpStep Describe(HopContext hop, string url, HttpAnswer answer, bool wantsTls) => new(url, answer)
    {
        Time = default,
        Result = answer.Status switch
        {
            _ when wantsTls => StepResult.Failed,
            >= 500 => StepResult.Failed,
            // The body of a redirect is not needed, and clients do not read it.
            _ when !answer.IsWhole => answer.IsRedirect ? StepResult.Warning : StepResult.Failed,
            >= 400 => StepResult.Warning,
            _ when answer.Excess > 0 => StepResult.Warning,
            _ => StepResult.Ok,
        },
        Summary =
            $"{(wantsTls ? "this port speaks TLS: " : "")}{answer.Version} "
                + $"{answer.Status}{(answer.Reason.Length > 0 ? $" {answer.Reason}" : "")}, "
                + $"{Size(answer)}{(answer.Server is { } server ? $", server {Shorten(server, MostServer)}" : "")}",
        Meaning = answer.Status switch
        {
            _ when wantsTls => $"the request came without TLS: write {hop.Target.WithScheme("https")}",
            400 or 401 or 403 when hop.Find<TlsStep>() is { WantsClientCertificate: true } =>
                "the server requested a client certificate, and check has none to send: that may be the only fault",
            >= 500 => "the server reports an error of its own or of its backend",
            _ when answer.InvalidLength is { } said =>
                $"the Content-Length field is invalid: {Shorten(said, MostServer)}; clients cannot find the end of the "
                    + $"body (RFC 9110 section 8.6)",
            _ when answer.HasInvalidChunk =>
                "the body is chunked, and one chunk has an invalid length (RFC 9112 section 7.1)",
            _ when answer is { BodyEnding: BodyEnding.TimedOut, StillCame: true } =>
                $"the body is slow or endless: it was still arriving after {ConnectWords.Seconds(hop.Options.Timeout)} (--timeout)",
            _ when answer.BodyEnding == BodyEnding.TimedOut => "the server started the body and then stopped",
            _ when answer.BodyLength > answer.ContentLength =>
                "clients treat the answer as malformed and discard it (RFC 9113 section 8.1.1)",
            _ when !answer.IsWhole => "the server or its backend stopped in the middle of the body",
            >= 400 => "the server answers, but refuses this request",
            _ when answer.Excess > 0 =>
                "the server sends more than its Content-Length: clients stop there and get a truncated body",
            _ when answer is { BodyLimit: { } limit, IsRedirect: false } =>
                $"check read {Bytes(limit)} of the body and stopped (--max-body): its end is unknown",
            _ when answer is { BodyEnding: BodyEnding.TooLong, IsRedirect: false } =>
                $"the body was still arriving after {ConnectWords.Seconds(hop.Options.Timeout)} (--timeout): its end is unknown",
            _ => null,
        },
    };

    /// <summary>How much of a body came: <c>5 of 100 bytes, and then the body broke off</c>.</summary>
    public static string Size(HttpAnswer answer)
    {
        var came = answer is { IsWhole: false, ContentLength: { } said }
            ? string.Create(CultureInfo.InvariantCulture, $"{answer.BodyLength} of {Bytes(said)}")
            : Bytes(answer.BodyLength);
        return answer.BodyEnding switch
        {
            _ when answer.InvalidLength is not null => $"{Bytes(answer.BodyLength)}, with an invalid Content-Length",
            BodyEnding.Complete when answer.Excess > 0 => $"{came}, and {Bytes(answer.Excess)} beyond its Content-Length",
            BodyEnding.Complete => came,
            BodyEnding.TooLong when answer.ContentLength is { } all =>
                string.Create(CultureInfo.InvariantCulture, $"the first {answer.BodyLength} of {Bytes(all)}"),
            BodyEnding.TooLong => $"more than {came}",
            BodyEnding.TimedOut => $"{came}, but the rest did not arrive in time",
            _ when answer.BodyLength > answer.ContentLength => $"{came}: more than its Content-Length",
            _ when answer.HasInvalidChunk => $"{came}, and then an invalid chunk",
            _ => $"{came}, then the body stopped",
        };
    }

    /// <summary>The step of a request without an answer; its time is the caller's to set.</summary>
    public static async Task<HttpStep> ExplainAsync(
        HopContext hop, WatchedStream connection, Exception exception, bool isProtected, CancellationToken cancellationToken)
    {
        var (summary, meaning) = isProtected
            ? ReasonBelowTls(hop, connection, exception)
            : await ReasonAsync(hop, connection, exception, cancellationToken);
        return new HttpStep(hop.Target.Url, Response: null)
        {
            Time = default,
            Result = StepResult.Failed,
            Summary = summary,
            Meaning = meaning,
        };
    }

    private static (string Summary, string? Meaning) ReasonBelowTls(HopContext hop, WatchedStream connection, Exception exception)
    {
        // A TLS 1.3 server judges the client's certificate after the client's handshake is done (RFC 8446 section 4.4.2.4).
        if (exception is not OperationCanceledException && hop.Find<TlsStep>() is { WantsClientCertificate: true })
        {
            return (TlsFailure.RequiresCertificate(exception), TlsFailure.ClientCertificateMeaning);
        }

        // Beneath TLS the first bytes are the handshake's and tell nothing of HTTP.
        return TlsFailure.AlertOf(exception) is { } alert
            ? ($"the server ended TLS before it answered: alert {alert}", null)
            : Reason(hop, connection, exception, first: default);
    }

    private static async Task<(string Summary, string? Meaning)> ReasonAsync(
        HopContext hop, WatchedStream connection, Exception exception, CancellationToken cancellationToken)
    {
        var first = connection.First.ToArray();
        var saidNothing = first.Length == 0 && exception is not OperationCanceledException;
        return first is [21 or 22, 3, ..] || (saidNothing && await TlsDiagnosis.FindsTlsAsync(hop, cancellationToken))
            ? ("no HTTP: the server speaks TLS on this port", $"write {hop.Target.WithScheme("https")}")
            : Reason(hop, connection, exception, first);
    }

    private static (string Summary, string? Meaning) Reason(
        HopContext hop, WatchedStream connection, Exception exception, ReadOnlySpan<byte> first) => exception switch
        {
            OperationCanceledException when first.IsEmpty => (
                $"no answer to the request in {ConnectWords.Seconds(hop.Options.Timeout)}",
                "the connection works, but the server or its backend hangs"),
            OperationCanceledException => (
                $"the answer's header was not complete in {ConnectWords.Seconds(hop.Options.Timeout)}",
                "the server started to answer and then stopped"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
                ("the answer's header is longer than 64 KiB", null),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } when first.Length > 0 => (
                $"no HTTP: the server answered {TlsFailure.Quote(first)}",
                $"this port speaks another protocol: {hop.Target.WithScheme("tcp")} shows its greeting"),
            _ when IsEnded(connection, exception) && first.StartsWith("HTTP/"u8) => (
                "the server closed the connection in the middle of the answer's header",
                "the server or its backend stopped in the middle of the answer"),
            _ when IsEnded(connection, exception) => (
                "the server closed the connection without an answer", "it does not speak HTTP on this port, or it failed on the request"),
            _ => ($"no answer: {exception.InnerException?.Message ?? exception.Message}", null),
        };

    private static bool IsEnded(WatchedStream connection, Exception exception) =>
        connection.IsEnded || exception is IOException or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded };

    private static string Shorten(string text, int most) => text.Length <= most ? text : $"{text[..most]}…";

    private static string Bytes(long count) => count == 1 ? "1 byte" : $"{count} bytes";
}
