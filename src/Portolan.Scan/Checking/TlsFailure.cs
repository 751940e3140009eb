using System.Text;

namespace Portolan.Scan.Checking;

/// <summary>Explains a handshake that failed, by what the peer sent rather than by the library's words where that is possible.</summary>
internal static class TlsFailure
{
    public static (string Summary, string? Meaning) Explain(WatchedStream connection, Exception exception, TimeSpan timeout)
    {
        var first = connection.First;
        if (!TlsAlerts.LooksLikeTls(first))
        {
            return ($"no TLS: the server answered {Quote(first)}", "this port speaks another protocol; try it with http:// or tcp://");
        }

        if (TlsAlerts.TryRead(first, out var alert))
        {
            return ($"the server refused the handshake: alert {alert}", TlsAlerts.Meaning(alert));
        }

        if (exception is OperationCanceledException)
        {
            return first.IsEmpty
                ? ($"no answer to the ClientHello in {ConnectWords.Seconds(timeout)}", "the server accepts connections and does not speak TLS on this port, or it hangs")
                : ($"the handshake was not finished in {ConnectWords.Seconds(timeout)}", "the server began to answer and then stopped, or something on the way drops long packets");
        }

        if (connection.IsEnded)
        {
            return first.IsEmpty
                ? ("the server closed the connection at the ClientHello", "it does not speak TLS on this port, or not for this name")
                : ("the server closed the connection in the middle of the handshake", null);
        }

        return ($"the handshake failed: {Innermost(exception)}", null);
    }

    /// <summary>The first printable line of what a peer said, in quotes; text from outside.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        var line = end < 0 ? bytes : bytes[..end];
        return $"\"{Encoding.Latin1.GetString(line[..Math.Min(line.Length, 60)])}\"";
    }

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
