using System.Text;

namespace Portolan.Scan.Checking;

/// <summary>Explains a handshake that failed, by what the peer sent rather than by the library's words where that is possible.</summary>
internal static class TlsFailure
{
    /// <summary>What a server that wants a certificate of its client means.</summary>
    public const string ClientCertificateMeaning =
        "check has no client certificate to send; the port works for clients that have one";

    /// <summary>Says what happened and what it means. May ask the port once more.</summary>
    /// <param name="hop">The connection's steps.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="exception">How the handshake failed.</param>
    /// <param name="serverName">The name that was asked for.</param>
    /// <param name="wantsCertificate">The server asked for a client certificate.</param>
    /// <param name="cancellationToken">The caller's end.</param>
    public static async Task<(string Summary, string? Meaning)> ExplainAsync(
        HopContext hop, WatchedStream connection, Exception exception, string serverName, bool wantsCertificate,
        CancellationToken cancellationToken)
    {
        var first = connection.First.ToArray();
        if (!TlsAlerts.LooksLikeTls(first))
        {
            return ($"no TLS: the server answered {Quote(first)}", MeaningOfPlain(hop.Target, first));
        }

        if (OldHello.TryReadVersion(first, out var version) && version < OldHello.Tls12)
        {
            return OldVersion(OldHello.NameOf(version));
        }

        if (wantsCertificate && exception is not OperationCanceledException)
        {
            return (RequiresCertificate(exception), ClientCertificateMeaning);
        }

        if (TlsAlerts.TryRead(first, out var alert))
        {
            // What a server says to a client that is too new for it: some name the version, others find nothing in common.
            return alert is "protocol_version" or "handshake_failure"
                && await TlsDiagnosis.FindOldVersionAsync(hop, serverName, cancellationToken) is { } old
                ? OldVersion(old)
                : ($"the server refused the handshake: alert {alert}", TlsAlerts.Meaning(alert));
        }

        if (first.Length == 0)
        {
            return await ExplainSilenceAsync(hop, connection, exception, serverName, cancellationToken);
        }

        if (exception is OperationCanceledException)
        {
            return ($"the handshake was not finished in {ConnectWords.Seconds(hop.Options.Timeout)}",
                "the server started to answer and then stopped, or the path drops long packets");
        }

        return (connection.IsEnded
            ? "the server closed the connection in the middle of the handshake"
            : $"the handshake failed: {Innermost(exception)}", null);
    }

    /// <summary>The first printable line of what a peer said, in quotes; text from outside.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        var line = end < 0 ? bytes : bytes[..end];
        return $"\"{Encoding.Latin1.GetString(line[..Math.Min(line.Length, 60)])}\"";
    }

    /// <summary>
    /// That the server ended the connection for want of a client certificate, with its alert where the library names one.
    /// </summary>
    public static string RequiresCertificate(Exception exception) => AlertOf(exception) is { } alert
        ? $"the server requires a client certificate: alert {alert}"
        : "the server requires a client certificate";

    /// <summary>The alert in an error of OpenSSL, such as <c>certificate required</c>, or <c>null</c>.</summary>
    public static string? AlertOf(Exception exception)
    {
        // error:0A00045C:SSL routines::tlsv13 alert certificate required, error:0A000410:SSL routines::sslv3 alert handshake failure
        var text = Innermost(exception);
        var alert = text.IndexOf(" alert ", StringComparison.Ordinal);
        return alert < 0 ? null : text[(alert + 7)..].Trim();
    }

    private static async Task<(string Summary, string? Meaning)> ExplainSilenceAsync(
        HopContext hop, WatchedStream connection, Exception exception, string serverName, CancellationToken cancellationToken)
    {
        if (exception is not OperationCanceledException
            && await TlsDiagnosis.FindOldVersionAsync(hop, serverName, cancellationToken) is { } old)
        {
            return OldVersion(old);
        }

        if (hop.Target.IsHttp && await TlsDiagnosis.FindsHttpAsync(hop, cancellationToken))
        {
            return ("no TLS: the server speaks HTTP without TLS on this port", $"write {hop.Target.WithScheme("http")}");
        }

        if (hop.Target.Service is { } service && await ServiceSteps.FindsPlainAsync(hop, cancellationToken))
        {
            return ($"no TLS: the server speaks {service.Label} without TLS on this port",
                ServiceSchemes.WithoutTls(service) is { } plain ? $"write {hop.Target.WithScheme(plain.Name)}" : null);
        }

        return exception is OperationCanceledException
            ? ($"no answer to the ClientHello in {ConnectWords.Seconds(hop.Options.Timeout)}",
                "the server accepts connections, but does not speak TLS on this port, or hangs")
            : connection.IsEnded
            ? ("the server closed the connection at the ClientHello", "it does not speak TLS on this port, or not for this name")
            : ($"the handshake failed: {Innermost(exception)}", null);
    }

    private static (string Summary, string? Meaning) OldVersion(string version) => (
        $"the server supports at most {version}, which this host refuses",
        "TLS 1.0 and 1.1 are obsolete (RFC 8996): browsers refuse them too; update the server or its configuration");

    private static string MeaningOfPlain(CheckTarget target, ReadOnlySpan<byte> first) => target switch
    {
        _ when first.StartsWith("HTTP/"u8) => $"this port speaks HTTP without TLS: write {target.WithScheme("http")}",
        { Service: { } service } when ServiceSchemes.WithoutTls(service) is { } plain =>
            $"this port speaks without TLS: write {target.WithScheme(plain.Name)}",
        _ => $"this port speaks another protocol, without TLS: {target.WithScheme("tcp")} shows its greeting",
    };

    // OpenSSL's errors look like error:0A000126:SSL routines::unexpected eof while reading.
    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        var text = exception.Message;
        var reason = text.LastIndexOf("::", StringComparison.Ordinal);
        return reason < 0 ? text : text[(reason + 2)..];
    }
}
