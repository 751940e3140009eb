namespace Portolan.Scan.Checking;

/// <summary>Says in plain words what became of a request.</summary>
internal static class HttpWords
{
    /// <summary>The step of an answer; its time is the caller's to set.</summary>
    public static HttpStep Describe(string url, HttpAnswer answer)
    {
        var size = answer.BodyEnding switch
        {
            BodyEnding.Complete => Bytes(answer.BodyLength),
            BodyEnding.TooLong => $"more than {Bytes(answer.BodyLength)}",
            BodyEnding.TimedOut => $"{Bytes(answer.BodyLength)}, and the rest did not come in time",
            _ => $"{Bytes(answer.BodyLength)}, and then the connection broke",
        };
        return new HttpStep(url, answer)
        {
            Time = default,
            Result = answer.Status switch
            {
                >= 500 => StepResult.Failed,
                >= 400 => StepResult.Warning,
                _ when answer.BodyEnding is BodyEnding.TimedOut or BodyEnding.Broken => StepResult.Warning,
                _ => StepResult.Ok,
            },
            Summary = $"{answer.Version} {answer.Status}{(answer.Reason.Length > 0 ? $" {answer.Reason}" : "")}, {size}{(answer.Server is { } server ? $", server {server}" : "")}",
            Meaning = answer.Status switch
            {
                >= 500 => "the server says that the fault is its own, or that of what stands behind it",
                >= 400 => "the server answers and refuses this request",
                _ => null,
            },
        };
    }

    /// <summary>The step of a request without an answer; its time is the caller's to set.</summary>
    public static HttpStep Explain(string url, WatchedStream connection, Exception exception, bool isProtected, TimeSpan timeout)
    {
        var (summary, meaning) = Reason(connection, exception, isProtected, timeout);
        return new HttpStep(url, Response: null) { Time = default, Result = StepResult.Failed, Summary = summary, Meaning = meaning };
    }

    private static (string Summary, string? Meaning) Reason(WatchedStream connection, Exception exception, bool isProtected, TimeSpan timeout)
    {
        // Beneath TLS the first bytes are the handshake's and tell nothing of HTTP.
        var first = isProtected ? default : connection.First;
        if (first is [21 or 22, 3, ..])
        {
            return ("no HTTP: the server answered with TLS", "this port wants https://");
        }

        return exception switch
        {
            OperationCanceledException when first.IsEmpty => (
                $"no answer to the request in {ConnectWords.Seconds(timeout)}", "the connection works; the server, or what stands behind it, hangs"),
            OperationCanceledException => (
                $"the answer's header was not complete in {ConnectWords.Seconds(timeout)}", "the server began to answer and then stopped"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => ("the answer's header is longer than 64 KiB", null),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } when first.Length > 0 => (
                $"no HTTP: the server answered {TlsFailure.Quote(first)}", "this port speaks another protocol; tcp:// shows its greeting"),
            _ when connection.IsEnded || exception is IOException or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => (
                "the server closed the connection without an answer", "it does not speak HTTP on this port, or it failed on the request"),
            _ => ($"no answer: {exception.InnerException?.Message ?? exception.Message}", null),
        };
    }

    private static string Bytes(long count) => count == 1 ? "1 byte" : $"{count} bytes";
}
