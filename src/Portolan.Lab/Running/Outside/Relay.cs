using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Lab.Running.Outside;

/// <summary>Copies between a connection of the lab and a socket of this machine, both ways, until the far side has said all.</summary>
internal static class Relay
{
    private const int BufferSize = 16 * 1024;

    /// <summary>How long who is outside may go on without a byte when the client has said its last.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>How long a client that has got all and says nothing has to close.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Copies; a connection that breaks is the end, and no error.</summary>
    internal static async Task RunAsync(TcpStream stream, Socket far, LabEnvironment lab)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(lab.Stopping);
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, lab.Clock);
        using var ending = late.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), broken);
        var up = SendUpAsync(stream, far, late, broken);
        try
        {
            var buffer = new byte[BufferSize];
            while (await ReceiveAsync(far, buffer, broken.Token) is var count && count > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, count), broken.Token);
                if (up.IsCompleted)
                {
                    late.CancelAfter(Grace);
                }
            }

            // What came last reaches the client: closing with bytes unread would reset (RFC 9293 section 3.6.1).
            stream.ShutdownWrite();
            late.CancelAfter(Timeout.InfiniteTimeSpan);
            await LingerAsync(stream, up, lab.Clock, broken.Token);
            await broken.CancelAsync();
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            stream.Abort();
            await broken.CancelAsync();
        }

        await up;
    }

    /// <returns>0 at the end. A program that ends without having read all that was sent to it has said all the same what it wanted to say
    /// (unix(7): ECONNRESET, once that is read).</returns>
    private static async Task<int> ReceiveAsync(Socket far, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await far.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    /// <summary>Waits until the client has got all and closed: as long as bytes move, over a slow link too.</summary>
    private static async Task LingerAsync(TcpStream stream, Task up, TimeProvider clock, CancellationToken cancellationToken)
    {
        var last = (Acknowledged: -1L, Received: -1L);
        while (!up.IsCompleted)
        {
            var info = await stream.GetInfoAsync().WaitAsync(cancellationToken);
            var now = (info.BytesAcknowledged, info.BytesReceived);
            if (now == last)
            {
                return;
            }

            // What is still on the way may be lost some times before it arrives.
            last = now;
            await Task.WhenAny(up, Task.Delay(info.State == TcpState.FinWait1 ? Grace : Patience, clock, cancellationToken));
        }
    }

    /// <summary>From the client; once nobody takes it any more it is read all the same.</summary>
    private static async Task SendUpAsync(TcpStream stream, Socket far, CancellationTokenSource late, CancellationTokenSource broken)
    {
        var isTaken = true;
        var buffer = new byte[BufferSize];
        try
        {
            while (await stream.ReadAsync(buffer, broken.Token) is var count && count > 0)
            {
                isTaken = isTaken && await TrySendAsync(far, buffer.AsMemory(0, count), broken.Token);
            }

            End(far);
            late.CancelAfter(Grace);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // The client has broken off, or all is over.
            await broken.CancelAsync();
        }
    }

    private static void End(Socket far)
    {
        try
        {
            far.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It has gone, which is seen where it is read.
        }
    }

    private static async Task<bool> TrySendAsync(Socket far, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await far.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsEnd(Exception exception) =>
        exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
