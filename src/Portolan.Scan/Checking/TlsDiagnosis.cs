using System.Text;

namespace Portolan.Scan.Checking;

/// <summary>
/// Asks a port once more, over a connection of its own, to name the cause of a failure that the first connection left open: does the port
/// speak TLS, plain HTTP, or an old version of TLS? Its time is not a step's.
/// </summary>
internal static class TlsDiagnosis
{
    private const int MostBytes = 64;

    /// <summary>The longest that the answer may take; never longer than a step's time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Whether the port answers a ClientHello with TLS.</summary>
    public static async Task<bool> FindsTlsAsync(HopContext hop, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(hop, OldHello.Make(OldHello.Tls12, hop.Target.Host, hop.Tools.NextDnsId), cancellationToken);
        return answer.Length > 1 && TlsAlerts.LooksLikeTls(answer);
    }

    /// <summary>Whether the port answers a request without TLS.</summary>
    public static async Task<bool> FindsHttpAsync(HopContext hop, CancellationToken cancellationToken)
    {
        var request =
            $"HEAD / HTTP/1.1\r\nHost: {hop.Target.Authority}\r\nUser-Agent: {hop.Options.UserAgent}\r\nConnection: close\r\n\r\n";
        return (await AskAsync(hop, Encoding.ASCII.GetBytes(request), cancellationToken)).AsSpan().StartsWith("HTTP/"u8);
    }

    /// <summary>The version before TLS 1.2 that the server speaks, or <c>null</c>.</summary>
    public static async Task<string?> FindOldVersionAsync(HopContext hop, string serverName, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(hop, OldHello.Make(OldHello.Tls11, serverName, hop.Tools.NextDnsId), cancellationToken);
        return OldHello.TryReadVersion(answer, out var version) && version < OldHello.Tls12 ? OldHello.NameOf(version) : null;
    }

    private static async Task<byte[]> AskAsync(HopContext hop, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        if (hop.Find<ConnectStep>()?.Winner is not { } winner)
        {
            return [];
        }

        byte[] answer = [];
        var remote = new RemoteSocket(winner.Address, hop.Target.Scope, hop.Target.Port);
        await hop.Clock.StopForAsync(async () => answer = await AskAsync(hop, remote, question, cancellationToken), cancellationToken);
        return answer;
    }

    private static async Task<byte[]> AskAsync(
        HopContext hop, RemoteSocket remote, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        var buffer = new byte[MostBytes];
        var length = 0;
        using var limit = hop.Limit(hop.Options.Timeout < Patience ? hop.Options.Timeout : Patience, cancellationToken);
        try
        {
            using var connection = await hop.Tools.Sockets.ConnectAsync(remote, limit.Token);
            if (connection.Stream is not { } stream)
            {
                return [];
            }

            await stream.WriteAsync(question, limit.Token);
            // The header of a record, of its message, and the version behind it are 11 bytes.
            for (var read = -1; length < 11 && read != 0; length += read)
            {
                read = await stream.ReadAsync(buffer.AsMemory(length), limit.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // What came before that may still tell.
            cancellationToken.ThrowIfCancellationRequested();
        }

        return buffer[..length];
    }
}
